import { type CallEventName, type CallRecord, durationSeconds } from './call-record.js'
import type { CallPorts, OutboxEntry, RecordingRecord } from './ports.js'

/** The status callbacks that an event of a call causes: none when nobody asked for them. */
export function callEvent(
  call: CallRecord,
  name: CallEventName,
  ports: Pick<CallPorts, 'ids' | 'clock'>,
  more: OutboxEntry['parameters'] = [],
): OutboxEntry[] {
  const sequence = call.nextSequence++
  const callback = call.statusCallback
  if (!callback?.events.includes(name)) return []
  const seconds = durationSeconds(call)
  return [
    {
      id: ports.ids.hex(16),
      callSid: call.sid,
      accountSid: call.accountSid,
      sequence,
      url: callback.url,
      method: callback.method,
      parameters: [
        ...(name === 'completed' && seconds !== undefined
          ? [
              ['CallDuration', String(seconds)] as const,
              ['Duration', String(Math.ceil(seconds / 60))] as const,
            ]
          : []),
        ...(name === 'completed' ? verificationOf(call) : []),
        ...more,
        ['Timestamp', new Date(ports.clock.nowMs()).toUTCString().replace('GMT', '+0000')],
        ['CallbackSource', 'call-progress-events'],
        ['SequenceNumber', String(sequence)],
        // The standard parameters are added when it is sent; this one is of the moment.
        ['CallStatus', name === 'initiated' ? 'initiated' : call.status],
      ],
    },
  ]
}

/** What came of a validation (contract 2C.2, Caller-ID validation). */
function verificationOf({ verification }: CallRecord): OutboxEntry['parameters'] {
  if (!verification) return []
  const { status, callerIdSid } = verification
  const sid = callerIdSid === undefined ? [] : [['OutgoingCallerIdSid', callerIdSid] as const]
  return [['VerificationStatus', status], ...sid]
}

/** The callback of a recording that began or ended, when its events were asked for. */
export function recordingEvent(
  recording: RecordingRecord,
  callback: { url: string; method: 'GET' | 'POST'; events: readonly string[] } | undefined,
  url: string,
  ports: CallPorts,
): OutboxEntry[] {
  if (!callback?.events.includes(recording.status)) return []
  const started = new Date(recording.startMs).toUTCString().replace('GMT', '+0000')
  return [
    {
      id: ports.ids.hex(16),
      callSid: recording.callSid,
      accountSid: recording.accountSid,
      sequence: -1,
      url: callback.url,
      method: callback.method,
      parameters: [
        ['RecordingSid', recording.sid],
        ['RecordingUrl', url],
        ['RecordingStatus', recording.status],
        ...(recording.durationMs === undefined
          ? []
          : [['RecordingDuration', String(Math.round(recording.durationMs / 1000))] as const]),
        ['RecordingChannels', String(recording.channels)],
        ['RecordingStartTime', started],
        ['RecordingSource', recording.source],
        ['RecordingTrack', recording.track],
        ['ErrorCode', '0'],
      ],
    },
  ]
}
