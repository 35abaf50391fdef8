import { z } from 'zod'
import { machineDetectionSettings } from './machine-detection.js'
import { boolean, integer, method, webUrl } from './parameters.js'

/** Empty: silence. */
const waitUrl = webUrl.optional()
const trim = z.enum(['trim-silence', 'do-not-trim'])
const callSid = z.string().regex(/^CA[0-9a-fA-F]{32}$/, 'must be a CallSid')

export const createParticipantSchema = z.object({
  StatusCallback: webUrl.optional(),
  StatusCallbackMethod: method.default('POST'),
  // As documents have it: the white space around it is none of it.
  Label: z.string().trim().min(1).max(128).optional(),
  Timeout: integer(5, 600).default(60),
  TimeLimit: integer(1, 86_400).optional(),
  Muted: boolean.default(false),
  Beep: z.enum(['true', 'false', 'onEnter', 'onExit']).default('true'),
  StartConferenceOnEnter: boolean.default(true),
  EndConferenceOnExit: boolean.default(false),
  WaitUrl: waitUrl,
  WaitMethod: method.default('POST'),
  MaxParticipants: integer(2, 250).default(250),
  Coaching: boolean.default(false),
  CallSidToCoach: callSid.optional(),
  JitterBufferSize: z.enum(['off', 'small', 'medium', 'large']).default('large'),
  CallerId: z.string().optional(),
  SipAuthUsername: z.string().max(256).optional(),
  SipAuthPassword: z.string().max(256).optional(),
  Record: boolean.default(false),
  RecordingChannels: z.enum(['mono', 'dual']).default('mono'),
  RecordingTrack: z.enum(['inbound', 'outbound', 'both']).default('both'),
  RecordingStatusCallback: webUrl.optional(),
  RecordingStatusCallbackMethod: method.default('POST'),
  Trim: trim.default('trim-silence'),
  ConferenceRecord: z
    .enum(['true', 'false', 'record-from-start', 'do-not-record'])
    .default('do-not-record'),
  ConferenceTrim: trim.default('trim-silence'),
  ConferenceStatusCallback: webUrl.optional(),
  ConferenceStatusCallbackMethod: method.default('POST'),
  ConferenceRecordingStatusCallback: webUrl.optional(),
  ConferenceRecordingStatusCallbackMethod: method.default('POST'),
  ...machineDetectionSettings,
  AmdStatusCallback: webUrl.optional(),
  AmdStatusCallbackMethod: method.default('POST'),
})

export type CreateParticipant = z.output<typeof createParticipantSchema>

export const createParticipantCodes = {
  StatusCallbackMethod: 21209,
  WaitMethod: 21209,
  Timeout: 21208,
  CallSidToCoach: 13240,
}

export const updateParticipantSchema = z.object({
  Muted: boolean.optional(),
  Hold: boolean.optional(),
  HoldUrl: webUrl.optional(),
  // Unlike those of announcing and waiting (contract 2H 24).
  HoldMethod: method.default('GET'),
  AnnounceUrl: webUrl.optional(),
  AnnounceMethod: method.default('POST'),
  WaitUrl: waitUrl,
  WaitMethod: method.default('POST'),
  BeepOnExit: boolean.optional(),
  EndConferenceOnExit: boolean.optional(),
  Coaching: boolean.optional(),
  CallSidToCoach: callSid.optional(),
})

export type UpdateParticipant = z.output<typeof updateParticipantSchema>

export const updateParticipantCodes = {
  HoldUrl: 21205,
  HoldMethod: 21209,
  AnnounceUrl: 21205,
  AnnounceMethod: 21209,
  WaitUrl: 21205,
  WaitMethod: 21209,
  CallSidToCoach: 13240,
}
