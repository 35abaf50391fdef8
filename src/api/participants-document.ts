import type { CreateParticipant } from './participants.schema.js'

/** Lists of words that have no field in the schema. */
export interface ParticipantEvents {
  readonly conference: readonly string[]
  readonly conferenceRecording: readonly string[]
  readonly recording: readonly string[]
}

/**
 * What somebody who is called for a conference runs: the document that an application would write for
 * it, so that one way leads into conferences, and a resumed call finds its way back.
 */
export function participantDocument(
  name: string,
  wanted: CreateParticipant,
  events: ParticipantEvents,
): string {
  const isRecorded = ['true', 'record-from-start'].includes(wanted.ConferenceRecord)
  const conference = attributes({
    muted: wanted.Muted,
    beep: wanted.Beep,
    startConferenceOnEnter: wanted.StartConferenceOnEnter,
    endConferenceOnExit: wanted.EndConferenceOnExit,
    waitUrl: wanted.WaitUrl,
    waitMethod: wanted.WaitUrl && wanted.WaitMethod,
    maxParticipants: wanted.MaxParticipants,
    record: isRecorded ? 'record-from-start' : undefined,
    trim: wanted.ConferenceTrim,
    coach: wanted.Coaching ? wanted.CallSidToCoach : undefined,
    participantLabel: wanted.Label,
    jitterBufferSize: wanted.JitterBufferSize,
    ...callback(
      'statusCallback',
      wanted.ConferenceStatusCallback,
      wanted.ConferenceStatusCallbackMethod,
      events.conference,
    ),
    ...callback(
      'recordingStatusCallback',
      wanted.ConferenceRecordingStatusCallback,
      wanted.ConferenceRecordingStatusCallbackMethod,
      events.conferenceRecording,
    ),
  })
  return `<Response><Dial${dialAttributes(wanted, events)}><Conference${conference}>${escaped(name)}</Conference></Dial></Response>`
}

function dialAttributes(wanted: CreateParticipant, events: ParticipantEvents): string {
  if (!wanted.Record) return ''
  const isDual = wanted.RecordingChannels === 'dual'
  return attributes({
    record: isDual ? 'record-from-answer-dual' : 'record-from-answer',
    recordingTrack: wanted.RecordingTrack,
    trim: wanted.Trim,
    ...callback(
      'recordingStatusCallback',
      wanted.RecordingStatusCallback,
      wanted.RecordingStatusCallbackMethod,
      events.recording,
    ),
  })
}

function callback(
  prefix: string,
  url: string | undefined,
  callbackMethod: string,
  events: readonly string[],
) {
  if (!url) return {}
  return {
    [prefix]: url,
    [`${prefix}Method`]: callbackMethod,
    [`${prefix}Event`]: events.length > 0 ? events.join(' ') : undefined,
  }
}

function attributes(all: { readonly [name: string]: string | number | boolean | undefined }) {
  return Object.entries(all)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => ` ${name}="${escaped(String(value))}"`)
    .join('')
}

function escaped(text: string): string {
  return text.replace(/[&<>"'\n\r\t]/g, (sign) => `&#${sign.charCodeAt(0)};`)
}
