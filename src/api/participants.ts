import type Router from 'koa-router'
import type { ConferenceCommand, SoundSource } from '../call/conference-options.js'
import type { ParticipantView } from '../call/participant.js'
import type { ConferenceRow } from '../store/schema.js'
import { type ApiContext, answerOne, answerPage } from './answer.js'
import { apiErrors } from './api-error.js'
import type { ApiParts } from './api-parts.js'
import { addressOf } from './calls.js'
import { commanded } from './commanded.js'
import { conferenceOf } from './conferences.js'
import { machineDetectionOf } from './machine-detection.js'
import { checkCallerId } from './outgoing-caller-ids.js'
import { pageOf } from './paging.js'
import { validated } from './parameters.js'
import {
  createParticipantCodes,
  createParticipantSchema,
  type UpdateParticipant,
  updateParticipantCodes,
  updateParticipantSchema,
} from './participants.schema.js'
import { participantDocument } from './participants-document.js'
import { presentParticipant } from './present/participant.js'
import { isXmlText } from './present/xml.js'

const names = { one: 'Participant', many: 'Participants', key: 'participants' }
const base = '/Conferences/:conferenceSid/Participants'

export function addParticipants(router: Router, parts: ApiParts): void {
  router.get(base, (context) => list(context as ApiContext, parts))
  router.post(base, (context) => create(context as ApiContext, parts))
  router.get(`${base}/:name`, async (context) => {
    const conference = await conferenceOf(
      context as ApiContext,
      context.params.conferenceSid,
      parts,
    )
    const participant = participantOf(context as ApiContext, conference, parts)
    answerOne(context as ApiContext, names, presentParticipant(participant))
  })
  router.post(`${base}/:name`, (context) => update(context as ApiContext, parts))
  router.delete(`${base}/:name`, (context) => remove(context as ApiContext, parts))
}

/** Those that are live alone (contract 2B.5 7). */
async function list(context: ApiContext, parts: ApiParts): Promise<void> {
  const { account_sid, sid } = await conferenceOf(context, context.params.conferenceSid, parts)
  const { parameters } = context.state
  const is = (name: string, value: boolean) => {
    const wanted = parameters.get(name)?.toLowerCase()
    return !wanted || wanted === String(value)
  }
  const rows = parts.conferences
    .participants(account_sid, sid)
    .filter((one) => is('Muted', one.muted) && is('Hold', one.held))
    .filter(({ coachedCallSid }) => is('Coaching', coachedCallSid !== undefined))
    .map((one) => ({ ...one, sid: one.callSid, created_ms: one.createdMs }))
  answerPage(context, names, pageOf(rows, parameters), presentParticipant)
}

/** Calls somebody for a conference, which begins to exist by that when a name is given in the path. */
async function create(context: ApiContext, parts: ApiParts): Promise<void> {
  const { account, parameters } = context.state
  const to = addressOf(parameters.get('To'), 'To', parts)
  const wanted = validated(createParticipantSchema, parameters, createParticipantCodes)
  const from = addressOf(wanted.CallerId || parameters.get('From'), 'From', parts)
  await checkCallerId(account.row.sid, from, parts)
  requireCoached(wanted)
  const events = parameters.words('StatusCallbackEvent')
  const { SipAuthUsername: username, SipAuthPassword: password = '' } = wanted
  const document = (name: string) =>
    participantDocument(name, wanted, {
      conference: parameters.words('ConferenceStatusCallbackEvent'),
      conferenceRecording: parameters.words('ConferenceRecordingStatusCallbackEvent'),
      recording: parameters.words('RecordingStatusCallbackEvent'),
    })
  const conferenceName = await nameOf(context, parts)
  if (!isXmlText(document(conferenceName))) {
    throw apiErrors.invalid(20001, 'Control characters can be no part of a parameter')
  }
  const invited = parts.conferences.invite(
    account.row.sid,
    conferenceName,
    {
      label: wanted.Label,
      muted: wanted.Muted,
      coachedCallSid: wanted.Coaching ? wanted.CallSidToCoach : undefined,
      startOnEnter: wanted.StartConferenceOnEnter,
      endOnExit: wanted.EndConferenceOnExit,
    },
    (name) =>
      parts.calls.create({
        ...{ accountSid: account.row.sid, phoneNumberSid: undefined, to, from },
        start: { type: 'document', twiml: document(name) },
        timeoutMs: wanted.Timeout * 1000,
        timeLimitMs: wanted.TimeLimit === undefined ? undefined : wanted.TimeLimit * 1000,
        sendDigits: undefined,
        statusCallback: wanted.StatusCallback
          ? {
              url: wanted.StatusCallback,
              method: wanted.StatusCallbackMethod,
              events: events.length > 0 ? events : ['completed'],
            }
          : undefined,
        fallback: undefined,
        machineDetection: machineDetectionOf({
          ...wanted,
          // It is in the room meanwhile.
          AsyncAmd: true,
          AsyncAmdStatusCallback: wanted.AmdStatusCallback,
          AsyncAmdStatusCallbackMethod: wanted.AmdStatusCallbackMethod,
        }),
        sipAuth: username === undefined ? undefined : { username, password },
      }),
  )
  const participant = await commanded(context.path, invited)
  // It may be further by now; what was created is queued.
  answerOne(context, names, presentParticipant({ ...participant, status: 'queued' }), 201)
}

/** By sid the conference must be live; any other text is the name of one. */
async function nameOf(context: ApiContext, parts: ApiParts): Promise<string> {
  const given = (context.params.conferenceSid ?? '').trim()
  if (!/^CF[0-9a-fA-F]{32}$/.test(given)) return given
  const row = await conferenceOf(context, given, parts)
  // What is stored may lag behind; by its name another conference would begin.
  if (!parts.conferences.find(row.account_sid, row.sid)) throw apiErrors.notFound(context.path)
  return row.friendly_name
}

async function update(context: ApiContext, parts: ApiParts): Promise<void> {
  const conference = await conferenceOf(context, context.params.conferenceSid, parts)
  const { callSid } = participantOf(context, conference, parts)
  const wanted = validated(
    updateParticipantSchema,
    context.state.parameters,
    updateParticipantCodes,
  )
  requireCoached(wanted)
  await dispatch(context, conference, updateCommand(callSid, wanted), parts)
  const after = participantOf(context, conference, parts)
  answerOne(context, names, presentParticipant(after))
}

async function remove(context: ApiContext, parts: ApiParts): Promise<void> {
  const conference = await conferenceOf(context, context.params.conferenceSid, parts)
  const { callSid: participant } = participantOf(context, conference, parts)
  await dispatch(context, conference, { type: 'kick', participant }, parts)
  context.status = 204
}

function requireCoached(wanted: Pick<UpdateParticipant, 'Coaching' | 'CallSidToCoach'>): void {
  if (wanted.Coaching === true && wanted.CallSidToCoach === undefined) {
    throw apiErrors.invalid(13240, 'CallSidToCoach is required for Coaching')
  }
}

function updateCommand(participant: string, wanted: UpdateParticipant): ConferenceCommand {
  const { AnnounceUrl: url, AnnounceMethod: method } = wanted
  return {
    ...{ type: 'update', participant },
    change: {
      muted: wanted.Muted,
      held: wanted.Hold,
      // Holding anew without a URL plays the music again.
      hold: wanted.Hold ? sourceOf(wanted.HoldUrl || undefined, wanted.HoldMethod) : undefined,
      wait: wanted.WaitUrl === undefined ? undefined : sourceOf(wanted.WaitUrl, wanted.WaitMethod),
      beepOnExit: wanted.BeepOnExit,
      endOnExit: wanted.EndConferenceOnExit,
      coaching: wanted.Coaching,
      coachedCallSid: wanted.CallSidToCoach,
    },
    announcement: url ? { url, method } : undefined,
  }
}

function sourceOf(url: string | undefined, method: 'GET' | 'POST'): SoundSource {
  if (url === undefined) return { type: 'music' }
  return url === '' ? { type: 'silence' } : { type: 'url', url, method }
}

function dispatch(
  context: ApiContext,
  { account_sid, sid }: ConferenceRow,
  command: ConferenceCommand,
  parts: ApiParts,
): Promise<void> {
  return commanded(context.path, parts.conferences.dispatch(account_sid, sid, command))
}

/** By CallSid or label (contract 2H 25). Throws ApiError. */
function participantOf(
  context: ApiContext,
  { account_sid, sid }: ConferenceRow,
  parts: ApiParts,
): ParticipantView {
  const name = context.params.name ?? ''
  const all = parts.conferences.participants(account_sid, sid)
  const found =
    all.find(({ callSid }) => callSid === name) ?? all.find(({ label }) => label === name)
  if (!found) throw apiErrors.notFound(context.path)
  return found
}
