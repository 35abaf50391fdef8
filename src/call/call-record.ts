import type { AnsweredBy } from '../media/port.js'

export type CallStatus =
  | 'queued'
  | 'initiated'
  | 'ringing'
  | 'in-progress'
  | 'completed'
  | 'busy'
  | 'failed'
  | 'no-answer'
  | 'canceled'

export type CallDirection =
  | ('inbound' | 'outbound-api' | 'outbound-dial')
  /** Of a customer's trunk: from its PBX, and to its PBX. */
  | ('trunking-terminating' | 'trunking-originating')

/** Whether the other side has called us. */
export function isIncoming({ direction }: Pick<CallRecord, 'direction'>): boolean {
  return direction !== 'outbound-api' && direction !== 'outbound-dial'
}

export type CallEventName = 'initiated' | 'ringing' | 'answered' | 'completed'

export interface Callback {
  readonly url: string
  readonly method: 'GET' | 'POST'
}

export interface StatusCallback extends Callback {
  readonly events: readonly string[]
}

/** What the INVITE told, for the parameters of webhooks. */
export interface SipFacts {
  readonly callId: string
  readonly sourceIp: string
  readonly headers: readonly (readonly [name: string, value: string])[]
  /** The SIP Domain that was called: its name and sid. */
  readonly domain?: string | undefined
  readonly domainSid?: string | undefined
}

/** What a call has come to that asks whether a number may be a caller ID. */
export interface Verification {
  readonly status: 'success' | 'failed'
  /** Of the caller ID that came of it. */
  readonly callerIdSid?: string
}

/** One call as REST presents it, with what its webhooks need. */
export interface CallRecord {
  readonly sid: string
  readonly accountSid: string
  readonly direction: CallDirection
  readonly from: string
  readonly to: string
  readonly parentCallSid: string | undefined
  readonly phoneNumberSid: string | undefined
  /** The customer's trunk that it goes through. */
  readonly trunkSid: string | undefined
  readonly forwardedFrom: string | undefined
  readonly callerName: string | undefined
  readonly sip: SipFacts | undefined
  statusCallback: StatusCallback | undefined
  fallback: Callback | undefined
  readonly createdMs: number
  /**
   * Hops that a call made for this one may go (Max-Forwards): a number that leads back to itself ends by
   * it (RFC 7332 §3.1).
   */
  readonly maxForwards: number
  status: CallStatus
  /** Of a call that asks for a validation code; what is keyed in it is a secret. */
  verification: Verification | undefined
  /** When it was answered. */
  startMs: number | undefined
  endMs: number | undefined
  /** Undefined: nobody asked, or it is not known yet. */
  answeredBy: AnsweredBy | undefined
  updatedMs: number
  /** SequenceNumber of the next status callback. */
  nextSequence: number
}

export type NewCall = Pick<
  CallRecord,
  'sid' | 'accountSid' | 'direction' | 'from' | 'to' | 'status'
> &
  Partial<CallRecord>

export function newCallRecord(call: NewCall, nowMs: number): CallRecord {
  return {
    parentCallSid: undefined,
    phoneNumberSid: undefined,
    trunkSid: undefined,
    forwardedFrom: undefined,
    callerName: undefined,
    sip: undefined,
    statusCallback: undefined,
    fallback: undefined,
    createdMs: nowMs,
    maxForwards: 70,
    verification: undefined,
    startMs: undefined,
    endMs: undefined,
    answeredBy: undefined,
    updatedMs: nowMs,
    nextSequence: 0,
    ...call,
  }
}

const finalStatuses: readonly CallStatus[] = [
  'completed',
  'busy',
  'failed',
  'no-answer',
  'canceled',
]

export function isFinal(status: CallStatus): boolean {
  return finalStatuses.includes(status)
}

/** Talk time in whole seconds; undefined while it is not over. A call never answered lasts 0. */
export function durationSeconds(call: {
  readonly startMs: number | undefined
  readonly endMs: number | undefined
}): number | undefined {
  if (call.endMs === undefined) return undefined
  return call.startMs === undefined ? 0 : Math.round((call.endMs - call.startMs) / 1000)
}

/** The status of a call whose INVITE was refused with this SIP status. */
export function statusOfRefusal(sipStatus: number): CallStatus {
  if (sipStatus === 486 || sipStatus === 600) return 'busy'
  if (sipStatus === 408 || sipStatus === 480 || sipStatus === 487 || sipStatus === 603)
    return 'no-answer'
  return 'failed'
}
