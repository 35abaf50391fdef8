import type { StatusCallback } from './call-record.js'
import type { ConferencePorts } from './conference-ports.js'
import type { ConferenceRecord, ConferenceRecordingRecord } from './conference-record.js'
import type { OutboxEntry } from './ports.js'

type Pairs = readonly (readonly [name: string, value: string])[]

/** Events by the word that subscribes to them: the two are not the same (contract 2C.2). */
const subscriptions = {
  'conference-start': 'start',
  'conference-end': 'end',
  'participant-join': 'join',
  'participant-leave': 'leave',
  'participant-mute': 'mute',
  'participant-unmute': 'mute',
  'participant-hold': 'hold',
  'participant-unhold': 'hold',
  'participant-modify': 'modify',
  'participant-speech-start': 'speaker',
  'participant-speech-stop': 'speaker',
  'announcement-end': 'announcement',
  'announcement-fail': 'announcement',
} as const

export type ConferenceEventName = keyof typeof subscriptions

type EventPorts = Pick<ConferencePorts, 'ids' | 'clock'>

/** What callbacks tell of a participant. */
export interface ParticipantFacts {
  readonly callSid: string
  readonly label: string | undefined
  readonly muted: boolean
  readonly held: boolean
  readonly coachedCallSid: string | undefined
  readonly startOnEnter: boolean
  readonly endOnExit: boolean
}

/** The status callback that an event causes: none when nobody asked for it. It takes its number all the same. */
export function conferenceEvent(
  conference: ConferenceRecord,
  name: ConferenceEventName,
  parameters: Pairs,
  ports: EventPorts,
): OutboxEntry[] {
  const sequence = conference.nextSequence++
  const callback = conference.statusCallback
  if (!callback?.events.includes(subscriptions[name])) return []
  return [
    entry(conference, callback, sequence, ports, [
      ...identity(conference),
      ['StatusCallbackEvent', name],
      ['SequenceNumber', String(sequence)],
      ['Timestamp', rfc2822(ports.clock.nowMs())],
      ...parameters,
    ]),
  ]
}

export function participantParameters(participant: ParticipantFacts): Pairs {
  const { callSid, label, muted, held, coachedCallSid, startOnEnter, endOnExit } = participant
  return [
    ['CallSid', callSid],
    ['Muted', String(muted)],
    ['Hold', String(held)],
    ['Coaching', String(coachedCallSid !== undefined)],
    ...(coachedCallSid === undefined ? [] : [['CallSidToCoach', coachedCallSid] as const]),
    ['StartConferenceOnEnter', String(startOnEnter)],
    ['EndConferenceOnExit', String(endOnExit)],
    ...(label === undefined ? [] : [['ParticipantLabel', label] as const]),
  ]
}

const reasonTexts = {
  'conference-ended-via-api': 'Conference ended via API',
  'participant-with-end-conference-on-exit-left':
    'Participant with endConferenceOnExit left the conference',
  'participant-with-end-conference-on-exit-kicked':
    'Participant with endConferenceOnExit was removed from the conference',
  'last-participant-kicked': 'The last participant was removed from the conference',
  'last-participant-left': 'The last participant left the conference',
} as const

export function endParameters(conference: ConferenceRecord, label: string | undefined): Pairs {
  const { reasonEnded = 'last-participant-left', callSidEnding } = conference
  return [
    ...(callSidEnding === undefined ? [] : [['CallSidEndingConference', callSidEnding] as const]),
    ...(label === undefined ? [] : [['ParticipantLabelEndingConference', label] as const]),
    ['ReasonConferenceEnded', reasonEnded],
    ['Reason', reasonTexts[reasonEnded]],
  ]
}

export function conferenceRecordingUrl(baseUrl: string, recording: ConferenceRecordingRecord) {
  return `${baseUrl}/2010-04-01/Accounts/${recording.accountSid}/Recordings/${recording.sid}`
}

/** The callback of a recording that began or ended, when its events were asked for. */
export function conferenceRecordingEvent(
  conference: ConferenceRecord,
  recording: ConferenceRecordingRecord,
  callback: StatusCallback | undefined,
  ports: EventPorts & { readonly config: { readonly baseUrl: string } },
): OutboxEntry[] {
  if (!callback?.events.includes(recording.status)) return []
  const { durationMs } = recording
  return [
    entry(conference, callback, -1, ports, [
      ['AccountSid', recording.accountSid],
      ['ConferenceSid', recording.conferenceSid],
      ['RecordingSid', recording.sid],
      ['RecordingUrl', conferenceRecordingUrl(ports.config.baseUrl, recording)],
      ['RecordingStatus', recording.status],
      ...(durationMs === undefined
        ? []
        : [['RecordingDuration', String(Math.round(durationMs / 1000))] as const]),
      ['RecordingChannels', '1'],
      ['RecordingStartTime', rfc2822(recording.startMs)],
      ['RecordingSource', 'Conference'],
      ['RecordingTrack', 'both'],
      ['ErrorCode', '0'],
    ]),
  ]
}

function identity(conference: ConferenceRecord): Pairs {
  return [
    ['ConferenceSid', conference.sid],
    ['FriendlyName', conference.friendlyName],
    ['AccountSid', conference.accountSid],
  ]
}

/** `callSid` of the entry is what keeps the order: here the conference. */
function entry(
  conference: ConferenceRecord,
  { url, method }: StatusCallback,
  sequence: number,
  { ids }: EventPorts,
  parameters: Pairs,
): OutboxEntry {
  const { sid: callSid, accountSid } = conference
  return { id: ids.hex(16), callSid, accountSid, sequence, url, method, parameters }
}

function rfc2822(timeMs: number): string {
  return new Date(timeMs).toUTCString().replace('GMT', '+0000')
}
