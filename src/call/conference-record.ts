import type { StatusCallback } from './call-record.js'

/** Why a conference is over (contract rest FetchConference). */
export type ReasonConferenceEnded =
  | 'conference-ended-via-api'
  | 'participant-with-end-conference-on-exit-left'
  | 'participant-with-end-conference-on-exit-kicked'
  | 'last-participant-kicked'
  | 'last-participant-left'

/** Why a participant is no longer there (contract 2C.2). */
export type ReasonParticipantLeft =
  | 'conference_ended_via_api'
  | 'moderator_ended_conference'
  | 'participant_updated_via_api'
  | 'participant_hung_up'
  | 'participant_add_failed'

/** One conference as REST presents it, with what its callbacks need. */
export interface ConferenceRecord {
  readonly sid: string
  readonly accountSid: string
  readonly friendlyName: string
  readonly createdMs: number
  status: 'init' | 'in-progress' | 'completed'
  updatedMs: number
  reasonEnded: ReasonConferenceEnded | undefined
  callSidEnding: string | undefined
  /** As the first participant wants it; its events are words of the subscription. */
  statusCallback: StatusCallback | undefined
  /** SequenceNumber of the next status callback. */
  nextSequence: number
}

export function newConferenceRecord(
  facts: Pick<ConferenceRecord, 'sid' | 'accountSid' | 'friendlyName'>,
  nowMs: number,
): ConferenceRecord {
  return {
    ...facts,
    createdMs: nowMs,
    status: 'init',
    updatedMs: nowMs,
    reasonEnded: undefined,
    callSidEnding: undefined,
    statusCallback: undefined,
    nextSequence: 1,
  }
}

/** A recording of what everybody in a conference says. */
export interface ConferenceRecordingRecord {
  readonly sid: string
  readonly accountSid: string
  readonly conferenceSid: string
  /** Of the participant that wants it. */
  readonly callSid: string
  readonly startMs: number
  status: 'in-progress' | 'paused' | 'completed' | 'absent' | 'failed'
  /** [ms]; undefined until it is over. */
  durationMs: number | undefined
}
