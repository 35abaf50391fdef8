import type {
  Callback,
  CallRecord,
  SipFacts,
  StatusCallback,
  Verification,
} from '../call/call-record.js'
import type {
  ApplicationConfig,
  CallStore,
  NumberConfig,
  OutboxEntry,
  RecordingRecord,
} from '../call/ports.js'
import { findNumberByPhone } from '../store/accounts.js'
import * as applications from '../store/applications.js'
import * as calls from '../store/calls.js'
import { findCallerNumber } from '../store/outgoing-caller-ids.js'
import type {
  ApplicationRow,
  CallRow,
  NumberRow,
  OutboxRow,
  RecordingRow,
} from '../store/schema.js'
import type { Store } from '../store/store.js'

/** What a call needs beyond its columns. */
interface CallSettings {
  readonly sip?: SipFacts | undefined
  readonly statusCallback?: StatusCallback | undefined
  readonly fallback?: Callback | undefined
  readonly nextSequence?: number
  readonly trunkSid?: string | undefined
  readonly verification?: Verification | undefined
}

/** Calls and recordings in the store; a change and the callbacks that it causes are one write. */
export function createCallStore(store: Store, nowMs: () => number): CallStore {
  const withOutbox = (outbox: readonly OutboxEntry[]) =>
    outbox.length === 0
      ? []
      : [calls.insertOutbox(outbox.map((entry) => outboxRow(entry, nowMs())))]
  const findApplication: CallStore['findApplication'] = async (accountSid, sid) => {
    const [row] = await store.read(applications.findApplication(accountSid, sid))
    return row && urlsOf(row)
  }
  return {
    async findNumber(phoneNumber) {
      const [row] = await store.read(findNumberByPhone(phoneNumber))
      if (!row) return undefined
      const config = numberConfig(row)
      const applicationSid = config.trunkSid === undefined && applicationOf(row)
      if (!applicationSid) return config
      // It goes before the URLs of the number (contract 2F.2).
      const nothing = { voice: undefined, fallback: undefined, statusCallback: undefined }
      return { ...config, ...nothing, ...(await findApplication(row.account_sid, applicationSid)) }
    },
    findApplication,
    async mayCallFrom(accountSid, phoneNumber) {
      const found = await store.read(findCallerNumber(accountSid, phoneNumber))
      return found.length > 0
    },
    insertCall: (call, outbox) =>
      store.write([calls.insertCall(callRow(call)), ...withOutbox(outbox)]),
    updateCall: (call, outbox) => {
      const { sid, account_sid, direction, created_ms, ...change } = callRow(call)
      return store.write([calls.updateCall(sid, change), ...withOutbox(outbox)])
    },
    async findRecording(sid) {
      const [row] = await store.read(calls.findRecording(sid))
      return row && recordingRecord(row)
    },
    insertRecording: (recording, outbox) =>
      store.write([calls.insertRecording(recordingRow(recording, nowMs())), ...withOutbox(outbox)]),
    updateRecording: (recording, outbox) => {
      const change = {
        status: recording.status,
        duration_ms: recording.durationMs ?? null,
        updated_ms: nowMs(),
      }
      return store.write([calls.updateRecording(recording.sid, change), ...withOutbox(outbox)])
    },
  }
}

/** The record of a call as it was stored. */
export function callRecord(row: CallRow): CallRecord {
  const settings = JSON.parse(row.settings) as CallSettings
  return {
    sid: row.sid,
    accountSid: row.account_sid,
    direction: row.direction as CallRecord['direction'],
    from: row.from,
    to: row.to,
    parentCallSid: row.parent_call_sid ?? undefined,
    phoneNumberSid: row.phone_number_sid ?? undefined,
    trunkSid: settings.trunkSid,
    forwardedFrom: row.forwarded_from ?? undefined,
    callerName: row.caller_name ?? undefined,
    sip: settings.sip,
    statusCallback: settings.statusCallback,
    fallback: settings.fallback,
    createdMs: row.created_ms,
    maxForwards: 70,
    verification: settings.verification,
    status: row.status as CallRecord['status'],
    startMs: row.start_ms ?? undefined,
    endMs: row.end_ms ?? undefined,
    answeredBy: (row.answered_by as CallRecord['answeredBy']) ?? undefined,
    updatedMs: row.updated_ms,
    nextSequence: settings.nextSequence ?? 0,
  }
}

export function callRow(call: CallRecord): CallRow {
  const { sip, statusCallback, fallback, nextSequence, trunkSid, verification } = call
  const settings: CallSettings = {
    ...{ sip, statusCallback, fallback, nextSequence, trunkSid, verification },
  }
  return {
    sid: call.sid,
    account_sid: call.accountSid,
    parent_call_sid: call.parentCallSid ?? null,
    phone_number_sid: call.phoneNumberSid ?? null,
    from: call.from,
    to: call.to,
    status: call.status,
    direction: call.direction,
    start_ms: call.startMs ?? null,
    end_ms: call.endMs ?? null,
    answered_by: call.answeredBy ?? null,
    forwarded_from: call.forwardedFrom ?? null,
    caller_name: call.callerName ?? null,
    settings: JSON.stringify(settings),
    created_ms: call.createdMs,
    updated_ms: call.updatedMs,
  }
}

function numberConfig(row: NumberRow): NumberConfig {
  return {
    sid: row.sid,
    accountSid: row.account_sid,
    phoneNumber: row.phone_number,
    trunkSid: row.trunk_sid ?? undefined,
    ...urlsOf(row),
  }
}

/** What a number or an application does with a call. */
function urlsOf(row: NumberRow | ApplicationRow): ApplicationConfig {
  return {
    voice: callback(row.voice_url, row.voice_method),
    fallback: callback(row.voice_fallback_url, row.voice_fallback_method),
    statusCallback: callback(row.status_callback, row.status_callback_method),
  }
}

function applicationOf(row: NumberRow): string | undefined {
  const extras = JSON.parse(row.extras) as { readonly voice_application_sid?: string }
  return extras.voice_application_sid || undefined
}

function callback(url: string, method: string): Callback | undefined {
  return url === '' ? undefined : { url, method: method === 'GET' ? 'GET' : 'POST' }
}

function recordingRow(recording: RecordingRecord, nowMs: number): RecordingRow {
  return {
    sid: recording.sid,
    account_sid: recording.accountSid,
    call_sid: recording.callSid,
    conference_sid: null,
    status: recording.status,
    channels: recording.channels,
    source: recording.source,
    track: recording.track,
    duration_ms: recording.durationMs ?? null,
    start_ms: recording.startMs,
    error_code: null,
    created_ms: nowMs,
    updated_ms: nowMs,
  }
}

function recordingRecord(row: RecordingRow): RecordingRecord {
  return {
    sid: row.sid,
    accountSid: row.account_sid,
    callSid: row.call_sid,
    channels: row.channels,
    source: row.source as RecordingRecord['source'],
    track: row.track as RecordingRecord['track'],
    startMs: row.start_ms,
    status: row.status as RecordingRecord['status'],
    durationMs: row.duration_ms ?? undefined,
  }
}

export function outboxRow(entry: OutboxEntry, nowMs: number): OutboxRow {
  return {
    id: entry.id,
    call_sid: entry.callSid,
    account_sid: entry.accountSid,
    sequence: entry.sequence,
    url: entry.url,
    method: entry.method,
    parameters: JSON.stringify(entry.parameters),
    created_ms: nowMs,
  }
}
