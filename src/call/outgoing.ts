import type { Callback, StatusCallback } from './call-record.js'
import type { CallRecordingSettings } from './command.js'
import type { CallMachineDetection } from './machine-detection.js'
import type { ProgramStart } from './ports.js'

export type { Callback }

/** A call that REST asks for. */
export interface NewOutgoingCall {
  readonly accountSid: string
  readonly phoneNumberSid: string | undefined
  /** E.164 or a SIP URI. */
  readonly to: string
  readonly from: string
  readonly start: ProgramStart
  readonly timeoutMs: number
  readonly timeLimitMs: number | undefined
  readonly sendDigits: string | undefined
  readonly statusCallback: StatusCallback | undefined
  readonly fallback: Callback | undefined
  /** From the answer on; undefined: none. */
  readonly recording?: CallRecordingSettings | undefined
  /** Undefined: it does not matter who answers. */
  readonly machineDetection?: CallMachineDetection | undefined
  readonly sipAuth: { readonly username: string; readonly password: string } | undefined
}
