import type { Clock } from '../base/clock.js'
import type { Ids } from '../base/ids.js'
import type { CallRecord } from '../call/call-record.js'
import type { NewCallerIdValidation } from '../call/caller-id.js'
import type { CallCommand } from '../call/command.js'
import type { ConferenceCommand } from '../call/conference-options.js'
import type { NewOutgoingCall } from '../call/outgoing.js'
import type { ParticipantView } from '../call/participant.js'
import type { ParticipantFlags } from '../call/participant-expected.js'
import type { CallQueue } from '../call/queue.js'
import type { QueueRecord } from '../call/queue-record.js'
import type { Messages } from '../message/messages.js'
import type { AccountRow, SipCredentialRow } from '../store/schema.js'
import type { Store } from '../store/store.js'
import type { GatewayState } from './present/gateway.js'

export interface ApiAccount {
  readonly row: AccountRow
  readonly authToken: string
}

/** Makes and keeps copies of complete recordings in other forms. */
export interface RecordingCopies {
  /** Rejects with a RouterError; its code is ERR_FILES_BUSY when too many copies are being made. */
  copyOf(
    recordingSid: string,
    path: string,
    form: { readonly format: 'wav' | 'mp3'; readonly channels: 1 | 2 },
  ): Promise<{ readonly path: string; readonly bytes: number }>
  forget(recordingSid: string): Promise<void>
}

/** SIP Domains: what is stored takes effect by `keeper`. */
export interface ApiSipDomains {
  /** What is in effect. */
  readonly domains: {
    readonly size: number
    readonly credentialCount: number
    authTypeOf(domainSid: string): string
  }
  readonly keeper: {
    /** Resolves when what is stored is in effect, as the others. */
    reloadDomain(domainSid: string): Promise<void>
    reloadCredentials(listSid: string): Promise<void>
    reloadAddresses(listSid: string): Promise<void>
    seal(username: string, password: string): Pick<SipCredentialRow, 'realm' | 'ha1'>
  }
  readonly mailboxes: {
    locate(name: string): MailboxAddress | undefined
    find(addressOfRecord: string): Promise<Mailbox | undefined>
    /** Undefined: there are too many. */
    put(address: MailboxAddress, summary: Summary): Promise<Mailbox | undefined>
    remove(addressOfRecord: string): Promise<void>
  }
  /** The host name that is meant; undefined: none that an account may have. */
  fullName(name: string): string | undefined
}

interface Summary {
  readonly newMessages: number
  readonly oldMessages: number
}

export interface Mailbox extends Summary {
  readonly addressOfRecord: string
  readonly updatedMs: number
}

export interface MailboxAddress {
  readonly addressOfRecord: string
  readonly domainName: string
  /** Undefined: of our own domain. */
  readonly accountSid: string | undefined
}

/** What the REST API needs of the rest of the router. */
export interface ApiParts {
  readonly store: Store
  readonly accounts: {
    find(sid: string): Promise<ApiAccount | undefined>
    forget(sid: string): void
  }
  readonly calls: {
    create(request: NewOutgoingCall): Promise<CallRecord>
    dispatch(callSid: string, command: CallCommand): Promise<void>
  }
  readonly conferences: {
    /** Undefined: it is over. */
    find(accountSid: string, conferenceSid: string): object | undefined
    dispatch(accountSid: string, conferenceSid: string, command: ConferenceCommand): Promise<void>
    /** Who is in it, or is being called for it. */
    participants(accountSid: string, conferenceSid: string): ParticipantView[]
    /** Calls somebody for the conference with this name; `call` makes the call. */
    invite(
      accountSid: string,
      name: string,
      flags: ParticipantFlags,
      call: (name: string) => Promise<CallRecord>,
    ): Promise<ParticipantView>
  }
  /** Queues that are in use. */
  readonly queues: {
    find(sid: string): CallQueue | undefined
    changed(record: QueueRecord): void
  }
  /** Asks by telephone whether a number is the account's; rejects with a CommandError. */
  readonly callerIdValidations: {
    begin(
      request: NewCallerIdValidation,
    ): Promise<{ readonly callSid: string; readonly code: string }>
  }
  readonly messages: Pick<Messages, 'create' | 'cancel' | 'mayUse'>
  /** The first account, which the operator has. */
  readonly account: { readonly sid: string }
  readonly gateways: {
    seal(password: string): string
    /** Resolves when what is stored is in effect. */
    reload(): Promise<void>
    stateOf(gatewaySid: string): GatewayState | undefined
  }
  readonly sipDomains: ApiSipDomains
  /** Trunks to customers' own PBXs. */
  readonly customerTrunks: {
    /** What is in effect. */
    readonly trunks: { readonly size: number; readonly urlCount: number }
    /** Resolves when what is stored of a trunk is in effect. */
    reload(trunkSid: string): Promise<void>
  }
  /** How requests to applications are sent. */
  readonly webhookOptions: {
    /** In effect, of all accounts. */
    readonly size: number
    /** Resolves when what is stored for the target is in effect. */
    reload(accountSid: string, target: string): Promise<void>
  }
  recordingPath(recordingSid: string): string
  readonly recordingCopies: RecordingCopies
  readonly clock: Clock
  readonly ids: Ids
  readonly baseUrl: string
  readonly defaultCountry: string
  readonly metrics: { readonly contentType: string; render(): Promise<string> }
  /** /metrics without credentials: only while the listener is on loopback. */
  readonly metricsAreOpen: boolean
  isReady(): boolean
  sizes(): Readonly<{ [name: string]: number }>
  bug(error: unknown): void
}

/** What the middlewares know about a request when a handler runs. */
export interface ApiState {
  format: 'json' | 'xml' | 'csv' | 'wav' | 'mp3'
  /** The account that the path names; its credentials or its parent's were given. */
  account: ApiAccount
  parameters: import('./parameters.js').Parameters
}
