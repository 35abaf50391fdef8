import type { Clock } from '../base/clock.js'
import type { Ids } from '../base/ids.js'
import type { RouterError } from '../base/router-error.js'
import type { Flow, HeaderField } from '../sip/events.js'
import type { InviteCommand, LegCommand } from '../sip/leg-events.js'
import type { Callback, CallRecord } from './call-record.js'
import type { AccountLimits } from './outgoing-limits.js'
import type { SipDomainConfig } from './sip-domain.js'
import type { CustomerTrunksPort } from './trunk-call-route.js'
import type { AttemptOutcome } from './trunk-outcome.js'
import type { Dialler } from './trunk-table.js'

/** A status callback to be sent: stored with the change that caused it, sent in order, at least once. */
export interface OutboxEntry {
  readonly id: string
  readonly callSid: string
  readonly accountSid: string
  readonly sequence: number
  readonly url: string
  readonly method: 'GET' | 'POST'
  readonly parameters: readonly (readonly [name: string, value: string])[]
}

export interface RecordingRecord {
  readonly sid: string
  readonly accountSid: string
  readonly callSid: string
  readonly channels: number
  readonly source:
    | ('RecordVerb' | 'DialVerb' | 'OutboundAPI' | 'StartCallRecordingAPI')
    | 'Trunking'
  readonly track: 'inbound' | 'outbound' | 'both'
  readonly startMs: number
  status: 'in-progress' | 'paused' | 'completed' | 'absent' | 'failed'
  durationMs: number | undefined
}

/** What an incoming number is configured to do. */
export interface NumberConfig {
  readonly sid: string
  readonly accountSid: string
  readonly phoneNumber: string
  /** The customer's trunk that takes its calls. */
  readonly trunkSid?: string | undefined
  readonly voice: Callback | undefined
  readonly fallback: Callback | undefined
  readonly statusCallback: Callback | undefined
}

/** What an application does with a call. */
export type ApplicationConfig = Pick<NumberConfig, 'voice' | 'fallback' | 'statusCallback'>

/** Each write resolves when it is durable. */
export interface CallStore {
  findApplication(accountSid: string, sid: string): Promise<ApplicationConfig | undefined>
  findNumber(phoneNumber: string): Promise<NumberConfig | undefined>
  /** Whether the number is assigned to the account, or one of its verified caller IDs. */
  mayCallFrom(accountSid: string, phoneNumber: string): Promise<boolean>
  insertCall(call: CallRecord, outbox: readonly OutboxEntry[]): Promise<void>
  updateCall(call: CallRecord, outbox: readonly OutboxEntry[]): Promise<void>
  findRecording(sid: string): Promise<RecordingRecord | undefined>
  insertRecording(recording: RecordingRecord, outbox: readonly OutboxEntry[]): Promise<void>
  updateRecording(recording: RecordingRecord, outbox: readonly OutboxEntry[]): Promise<void>
}

/** Where an INVITE for a dialled address goes. */
export interface Route {
  /** Request-URI. */
  readonly target: string
  readonly nextHop: string | undefined
  /** Route values, first hop first (RFC 3327 §5.4). */
  readonly routes?: readonly string[]
  /** The way to a registered device. */
  readonly flow?: Flow
  /** Further devices of the same party, which ring at the same time. */
  readonly alternatives?: readonly Alternative[]
  readonly credentials: { readonly username: string; readonly password: string } | undefined
  /** Header fields that a document wants in the INVITE. */
  readonly headers?: readonly HeaderField[]
  /** Only SRTP is offered. */
  readonly isMediaSecure?: boolean
  /** Where the media of who answers may be sent; undefined: anywhere. */
  readonly mayReach?: (address: string) => boolean
  /** The gateways that serve the number; they take the place of `target` and `credentials`. */
  readonly trunk?: TrunkSearch
}

/** Gateways one after another, as the call needs them. */
export interface TrunkSearch {
  /** A gateway that sends nothing but 100 for so long is left for another one. */
  readonly silenceMsMax: number
  /** Takes a place at the next gateway; undefined: no other has one. */
  next(): TrunkAttempt | undefined
}

/** An INVITE through one gateway; holds a place there until `release`. */
export interface TrunkAttempt {
  readonly route: Route
  /** It has sent a provisional response: it is alive. */
  heard(): void
  report(outcome: AttemptOutcome): void
  /** Its call is over; again does nothing. */
  release(): void
}

export type Alternative = Pick<Route, 'target' | 'routes' | 'flow'> & { readonly nextHop?: string }

/** An INVITE to several devices of one party at once. */
export interface ForkedInvite extends InviteCommand {
  readonly alternatives: readonly Alternative[]
}

/** An INVITE that may go through several gateways, one after another. */
export interface TrunkInvite extends InviteCommand {
  readonly trunk: TrunkSearch
}

/** Undefined: not allowed, not resolvable, or served by nobody. */
export type FoundRoute = Route | 'notRegistered' | undefined

export interface Routes {
  /** By the trunk table; undefined when no trunk serves the number. */
  number(phoneNumber: string, dialler: Dialler): Route | undefined
  /** Whether the account may call this number at all; against toll fraud. */
  allows(phoneNumber: string, accountSid: string): boolean
  /** Refuses hosts that documents may not reach; users of our own domains are devices. */
  sipUri(uri: string, dialler: Pick<Dialler, 'accountSid'>): Promise<FoundRoute>
  /** All devices that are registered for a user, of a SIP Domain or of our own (default). */
  device(user: string, domainName?: string): Promise<FoundRoute>
}

/** How a program begins; opaque to this folder. */
export type ProgramStart =
  | {
      readonly type: 'url'
      readonly url: string
      readonly method: 'GET' | 'POST'
      /** Beyond those of every request. */
      readonly parameters?: readonly (readonly [name: string, value: string])[]
    }
  | { readonly type: 'document'; readonly twiml: string }
  /** An application that is part of the router. */
  | { readonly type: 'builtIn'; readonly application: 'callerIdValidation' }

export interface CallConfig {
  /** Local address for media towards a peer. */
  mediaBindAddress(remoteAddress: string): string
  /** Address written into SDP for that peer. */
  mediaAdvertisedAddress(remoteAddress: string): string
  /** Host of our own SIP URIs. */
  readonly sipHost: string
  readonly rtpTimeoutMs: number
  readonly callsMax: number
  /** Undefined: none. */
  readonly accountLimits?: AccountLimits
  readonly baseUrl: string
  readonly defaultCountry: string
  /** What becomes of calls to numbers that nobody has; undefined: they are refused. */
  readonly unmapped?: { readonly accountSid: string; readonly voice: Callback } | undefined
  recordingPath(recordingSid: string): string
  /** Whether a peer that is not trusted may have its media sent there. */
  mayReach(address: string): boolean
}

/** Business events, for logs and metrics. */
export interface CallEvents {
  callStarted(call: CallRecord): void
  callEnded(call: CallRecord): void
  callRefused(status: number, why: string): void
  /** A call that we made failed on our side. */
  callFailed(call: CallRecord, error: RouterError): void
  /** A call that an account may not make: 'destination', 'live', 'hour' or 'queue'. */
  callBlocked(accountSid: string, callSid: string, why: string): void
  digits(call: CallRecord, digit: string): void
  recordingEnded(recording: RecordingRecord): void
  bug(error: unknown, callSid: string | undefined): void
}

export interface CallPorts {
  readonly sip: { send(command: LegCommand | ForkedInvite | TrunkInvite): void }
  readonly store: CallStore
  readonly routes: Routes
  /** SIP Domains by host. Default: none. */
  readonly domains?: { find(host: string): SipDomainConfig | undefined }
  /** Default: none. */
  readonly customerTrunks?: CustomerTrunksPort
  readonly config: CallConfig
  readonly clock: Clock
  readonly ids: Ids
  readonly events: CallEvents
  /** What the instruction that runs on a call has come to, as parameters. Default: nothing. */
  interrupted?(callSid: string): readonly (readonly [name: string, value: string])[]
  /** Tells the sender of status callbacks that there is something new. */
  outboxFilled(callSid: string): void
}
