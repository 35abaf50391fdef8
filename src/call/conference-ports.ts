import type { Clock } from '../base/clock.js'
import type { Ids } from '../base/ids.js'
import type { RouterError } from '../base/router-error.js'
import type { Call } from './call.js'
import type { SoundSource } from './conference-options.js'
import type { ConferenceRecord, ConferenceRecordingRecord } from './conference-record.js'
import type { MediaHub } from './media-hub.js'
import type { OutboxEntry } from './ports.js'

/** Each write resolves when it is durable. Writes keep their order. */
export interface ConferenceStore {
  insertConference(conference: ConferenceRecord): Promise<void>
  updateConference(conference: ConferenceRecord, outbox: readonly OutboxEntry[]): Promise<void>
  insertRecording(
    recording: ConferenceRecordingRecord,
    outbox: readonly OutboxEntry[],
  ): Promise<void>
  updateRecording(
    recording: ConferenceRecordingRecord,
    outbox: readonly OutboxEntry[],
  ): Promise<void>
}

/** Who hears a sound: one participant, or all that are in the conversation. */
export type SoundTarget =
  | { readonly conference: ConferenceRecord; readonly call: Call }
  | { readonly conference: ConferenceRecord; readonly mixerId: number }

/** Plays documents and music; implemented by the language. */
export interface ConferenceSounds {
  /**
   * Resolves when the sound is over; music never is. Rejects with RouterError when it cannot be had, or
   * with the signal's reason. `onReady`: the first document is there, and plays from now on.
   */
  play(
    source: SoundSource,
    target: SoundTarget,
    signal: AbortSignal,
    onReady?: () => void,
  ): Promise<void>
}

/** Business events, for logs and metrics. */
export interface ConferenceEvents {
  conferenceStarted(conference: ConferenceRecord): void
  conferenceEnded(conference: ConferenceRecord): void
  conferenceRecorded(recording: ConferenceRecordingRecord): void
  /** A participant could not come in, or a sound could not be had. */
  conferenceFailed(conferenceSid: string, callSid: string | undefined, error: RouterError): void
  bug(error: unknown, callSid: string | undefined): void
}

export interface ConferencePorts {
  readonly hub: MediaHub
  readonly store: ConferenceStore
  readonly sounds: ConferenceSounds
  readonly events: ConferenceEvents
  readonly clock: Clock
  readonly ids: Ids
  readonly config: {
    readonly conferencesMax: number
    readonly baseUrl: string
    recordingPath(recordingSid: string): string
  }
  /** A live call. */
  findCall(callSid: string): Call | undefined
  /** Tells the sender of status callbacks that there is something new. */
  outboxFilled(conferenceSid: string): void
}
