import type { StatusCallback } from './call-record.js'

/** What somebody hears who is not in the conversation. URLs are absolute. */
export type SoundSource =
  | { readonly type: 'silence' | 'music' }
  | { readonly type: 'url'; readonly url: string; readonly method: 'GET' | 'POST' }

export type Beep = 'true' | 'false' | 'onEnter' | 'onExit'

/** How a participant comes into a conference: the attributes of `<Conference>` (contract 2B.4). */
export interface JoinOptions {
  /** Name of the conference, unique in its account. */
  readonly name: string
  /** Another name for the participant, unique in the conference. */
  readonly label: string | undefined
  readonly muted: boolean
  readonly beep: Beep
  readonly startOnEnter: boolean
  readonly endOnExit: boolean
  readonly wait: SoundSource
  /** How many the conference may have; that of the one who comes counts. */
  readonly participantsMax: number
  /** Record what everybody says from the start of the conference on. */
  readonly record: boolean
  readonly trimSilence: boolean
  /** The participant that hears this one alone. */
  readonly coachedCallSid: string | undefined
  readonly statusCallback: StatusCallback | undefined
  readonly recordingStatusCallback: StatusCallback | undefined
  readonly jitterBuffer: 'off' | 'small' | 'medium' | 'large'
}

/** What may be changed of a participant that is there, or is being called; what is undefined stays. */
export interface ParticipantChange {
  readonly muted?: boolean | undefined
  readonly held?: boolean | undefined
  readonly hold?: SoundSource | undefined
  readonly wait?: SoundSource | undefined
  readonly beepOnExit?: boolean | undefined
  readonly endOnExit?: boolean | undefined
  readonly coaching?: boolean | undefined
  readonly coachedCallSid?: string | undefined
}

export interface Announcement {
  readonly url: string
  readonly method: 'GET' | 'POST'
}

/** What REST may ask of a live conference; plain JSON. */
export type ConferenceCommand =
  | { readonly type: 'end' }
  | { readonly type: 'announce'; readonly announcement: Announcement }
  | {
      readonly type: 'update'
      /** CallSid or label. */
      readonly participant: string
      readonly change: ParticipantChange
      readonly announcement?: Announcement | undefined
    }
  | { readonly type: 'kick'; readonly participant: string }
  | {
      readonly type: 'record'
      /** Undefined: the one that runs. */
      readonly recordingSid: string | undefined
      readonly to: 'paused' | 'in-progress' | 'stopped'
      /** Of a pause: leave the time out, or record silence. */
      readonly instead: 'skip' | 'silence'
    }
