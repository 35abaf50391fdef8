import type { StatusCallback } from '../call/call-record.js'
import type { ConferenceStore } from '../call/conference-ports.js'
import type { ConferenceRecord, ConferenceRecordingRecord } from '../call/conference-record.js'
import type { OutboxEntry } from '../call/ports.js'
import { insertOutbox, insertRecording, updateRecording } from '../store/calls.js'
import { insertConference, updateConference } from '../store/conferences.js'
import type { ConferenceRow, RecordingRow } from '../store/schema.js'
import type { Store } from '../store/store.js'
import { outboxRow } from './sql-call-store.js'

interface ConferenceSettings {
  readonly statusCallback?: StatusCallback | undefined
  readonly nextSequence?: number
}

/** Conferences and their recordings in the store; a change and its callbacks are one write. */
export function createConferenceStore(store: Store, nowMs: () => number): ConferenceStore {
  const withOutbox = (outbox: readonly OutboxEntry[]) =>
    outbox.length === 0 ? [] : [insertOutbox(outbox.map((entry) => outboxRow(entry, nowMs())))]
  return {
    insertConference: (conference) => store.write([insertConference(conferenceRow(conference))]),
    updateConference: (conference, outbox) => {
      const { sid, account_sid, created_ms, friendly_name, ...change } = conferenceRow(conference)
      return store.write([updateConference(sid, change), ...withOutbox(outbox)])
    },
    insertRecording: (recording, outbox) =>
      store.write([insertRecording(recordingRow(recording, nowMs())), ...withOutbox(outbox)]),
    updateRecording: ({ sid, status, durationMs }, outbox) => {
      const change = { status, duration_ms: durationMs ?? null, updated_ms: nowMs() }
      return store.write([updateRecording(sid, change), ...withOutbox(outbox)])
    },
  }
}

export function conferenceRow(conference: ConferenceRecord): ConferenceRow {
  const { statusCallback, nextSequence } = conference
  const settings: ConferenceSettings = { statusCallback, nextSequence }
  return {
    sid: conference.sid,
    account_sid: conference.accountSid,
    friendly_name: conference.friendlyName,
    status: conference.status,
    reason_ended: conference.reasonEnded ?? null,
    call_sid_ending: conference.callSidEnding ?? null,
    settings: JSON.stringify(settings),
    created_ms: conference.createdMs,
    updated_ms: conference.updatedMs,
  }
}

/** The record of a conference as it was stored. */
export function conferenceRecord(row: ConferenceRow): ConferenceRecord {
  const settings = JSON.parse(row.settings) as ConferenceSettings
  return {
    sid: row.sid,
    accountSid: row.account_sid,
    friendlyName: row.friendly_name,
    createdMs: row.created_ms,
    status: row.status,
    updatedMs: row.updated_ms,
    reasonEnded: (row.reason_ended ?? undefined) as ConferenceRecord['reasonEnded'],
    callSidEnding: row.call_sid_ending ?? undefined,
    statusCallback: settings.statusCallback,
    nextSequence: settings.nextSequence ?? 1,
  }
}

function recordingRow(recording: ConferenceRecordingRecord, nowMs: number): RecordingRow {
  return {
    sid: recording.sid,
    account_sid: recording.accountSid,
    call_sid: recording.callSid,
    conference_sid: recording.conferenceSid,
    status: recording.status,
    channels: 1,
    source: 'Conference',
    track: 'both',
    duration_ms: recording.durationMs ?? null,
    start_ms: recording.startMs,
    error_code: null,
    created_ms: nowMs,
    updated_ms: nowMs,
  }
}
