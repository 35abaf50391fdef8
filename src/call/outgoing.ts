import type { Callback, StatusCallback, Verification } from './call-record.js'
import type { CallRecordingSettings } from './command.js'
import type { CallMachineDetection } from './machine-detection.js'
import type { ProgramStart } from './ports.js'

export type { Callback }

/** A call that REST asks for. */
export interface NewOutgoingCall {
  /** Default: a new one. */
  readonly sid?: string
  readonly accountSid: string
  readonly phoneNumberSid: string | undefined
  /** E.164 or a SIP URI. */
  readonly to: string
  readonly from: string
  readonly start: ProgramStart
  /** How long it waits as `queued` before it begins; default: it begins at once. */
  readonly delayMs?: number
  readonly timeoutMs: number
  readonly timeLimitMs: number | undefined
  readonly sendDigits: string | undefined
  readonly statusCallback: StatusCallback | undefined
  readonly fallback: Callback | undefined
  /** From the answer on; undefined: none. */
  readonly recording?: CallRecordingSettings | undefined
  /** Undefined: it does not matter who answers. */
  readonly machineDetection?: CallMachineDetection | undefined
  /** What its last status callback tells unless something better comes of it. */
  readonly verification?: Verification
  readonly sipAuth: { readonly username: string; readonly password: string } | undefined
}
