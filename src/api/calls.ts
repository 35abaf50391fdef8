import type Router from 'koa-router'
import { isFinal } from '../call/call-record.js'
import { normalNumber } from '../call/caller.js'
import { type CallCommand, notInProgress } from '../call/command.js'
import type { NewOutgoingCall } from '../call/outgoing.js'
import { findApplication } from '../store/applications.js'
import { deleteCallEvents } from '../store/call-events.js'
import { deleteCall, findCall } from '../store/calls.js'
import type { CallRow } from '../store/schema.js'
import { sql } from '../store/store.js'
import { type ApiContext, answerOne, answerPage } from './answer.js'
import { ApiError, apiErrors } from './api-error.js'
import type { ApiParts } from './api-parts.js'
import { recordingSettings } from './call-recordings.js'
import {
  createCallCodes,
  createCallSchema,
  updateCallCodes,
  updateCallSchema,
} from './calls.schema.js'
import { commanded } from './commanded.js'
import { dateRange } from './date-filter.js'
import { machineDetectionOf } from './machine-detection.js'
import { checkCallerId } from './outgoing-caller-ids.js'
import { readPage } from './paging.js'
import { validated } from './parameters.js'
import { presentCall } from './present/call.js'

const names = { one: 'Call', many: 'Calls', key: 'calls' }

export function addCalls(router: Router, parts: ApiParts): void {
  router.get('/Calls', (context) => listCalls(context as ApiContext, parts))
  router.post('/Calls', (context) => createCall(context as ApiContext, parts))
  router.get('/Calls/:sid', async (context) => {
    answerOne(context as ApiContext, names, presentCall(await callOf(context as ApiContext, parts)))
  })
  router.post('/Calls/:sid', (context) => updateCall(context as ApiContext, parts))
  router.delete('/Calls/:sid', (context) => removeCall(context as ApiContext, parts))
}

async function listCalls(context: ApiContext, parts: ApiParts): Promise<void> {
  const { account, parameters } = context.state
  let query = sql.selectFrom('calls').selectAll().where('account_sid', '=', account.row.sid)
  const columns = {
    To: 'to',
    From: 'from',
    Status: 'status',
    ParentCallSid: 'parent_call_sid',
  } as const
  for (const [name, column] of Object.entries(columns)) {
    const value = parameters.get(name)
    if (value) query = query.where(column, '=', value)
  }
  for (const { compare, ms } of dateRange('StartTime', parameters)) {
    query = query.where('created_ms', compare, ms)
  }
  for (const { compare, ms } of dateRange('EndTime', parameters)) {
    query = query.where('end_ms', compare, ms)
  }
  answerPage(context, names, await readPage(query, parameters, parts.store), presentCall)
}

async function createCall(context: ApiContext, parts: ApiParts): Promise<void> {
  const { account, parameters } = context.state
  const to = addressOf(parameters.get('To'), 'To', parts)
  const wanted = validated(createCallSchema, parameters, createCallCodes)
  const from = addressOf(wanted.CallerId || parameters.get('From'), 'From', parts)
  const { start, fallback, statusCallback } = wanted.ApplicationSid
    ? await applicationOf(account.row.sid, wanted.ApplicationSid, parts)
    : urlsOf(wanted, parameters.words('StatusCallbackEvent'))
  await checkCallerId(account.row.sid, from, parts)
  const record = await commanded(
    context.path,
    parts.calls.create({
      accountSid: account.row.sid,
      phoneNumberSid: undefined,
      to,
      from,
      start,
      timeoutMs: wanted.Timeout * 1000,
      timeLimitMs: wanted.TimeLimit === undefined ? undefined : wanted.TimeLimit * 1000,
      sendDigits: wanted.SendDigits || undefined,
      statusCallback,
      fallback,
      recording: wanted.Record
        ? recordingSettings(wanted, parameters.words('RecordingStatusCallbackEvent'))
        : undefined,
      machineDetection: machineDetectionOf(wanted),
      sipAuth:
        wanted.SipAuthUsername === undefined
          ? undefined
          : { username: wanted.SipAuthUsername, password: wanted.SipAuthPassword ?? '' },
    }),
  )
  const row = await findRow(record.accountSid, record.sid, parts)
  // The call may be further by now; what was created is queued (checklist F17).
  answerOne(context, names, presentCall({ ...(row as CallRow), status: 'queued' }), 201)
}

async function updateCall(context: ApiContext, parts: ApiParts): Promise<void> {
  const { parameters } = context.state
  const row = await callOf(context, parts)
  const wanted = validated(updateCallSchema, parameters, updateCallCodes)
  if (wanted.Url && wanted.Twiml) {
    throw apiErrors.invalid(21205, 'Url and Twiml exclude each other')
  }
  const commands = commandsOf(wanted, parameters.words('StatusCallbackEvent'))
  const asked = commands.at(-1)
  if (asked) {
    if (isFinal(row.status as Parameters<typeof isFinal>[0])) throw notLive(row.sid, asked)
    for (const command of commands) {
      await commanded(context.path, parts.calls.dispatch(row.sid, command))
    }
  }
  answerOne(context, names, presentCall(await callOf(context, parts)))
}

async function removeCall(context: ApiContext, parts: ApiParts): Promise<void> {
  const row = await callOf(context, parts)
  if (!isFinal(row.status as Parameters<typeof isFinal>[0])) {
    throw new ApiError(409, 20009, `Call ${row.sid} is not finished and cannot be deleted`)
  }
  await parts.store.write([deleteCall(row.sid), deleteCallEvents(row.sid)])
  context.status = 204
}

/** What becomes of a call; the parameters beside an ApplicationSid are ignored (contract 2H 22). */
type CallUrls = Pick<NewOutgoingCall, 'start' | 'fallback' | 'statusCallback'>

async function applicationOf(
  accountSid: string,
  sid: string,
  { store }: ApiParts,
): Promise<CallUrls> {
  const [row] = await store.read(findApplication(accountSid, sid))
  if (!row?.voice_url) throw apiErrors.invalid(21218, `ApplicationSid ${sid} has no VoiceUrl`)
  const callback = (url: string, method: string) =>
    url === '' ? undefined : { url, method: method as 'GET' | 'POST' }
  const status = callback(row.status_callback, row.status_callback_method)
  return {
    start: { type: 'url', url: row.voice_url, method: row.voice_method as 'GET' | 'POST' },
    fallback: callback(row.voice_fallback_url, row.voice_fallback_method),
    statusCallback: status && { ...status, events: ['completed'] },
  }
}

function urlsOf(
  wanted: ReturnType<typeof createCallSchema.parse>,
  events: readonly string[],
): CallUrls {
  return { start: startOf(wanted), ...callbacksOf(wanted, events) }
}

function callbacksOf(
  wanted: ReturnType<typeof createCallSchema.parse> | ReturnType<typeof updateCallSchema.parse>,
  events: readonly string[],
): Pick<CallUrls, 'fallback' | 'statusCallback'> {
  const { StatusCallback: url, StatusCallbackMethod: method, FallbackUrl, FallbackMethod } = wanted
  return {
    fallback: FallbackUrl ? { url: FallbackUrl, method: FallbackMethod } : undefined,
    statusCallback: url
      ? { url, method, events: events.length > 0 ? events : ['completed'] }
      : undefined,
  }
}

function startOf(wanted: {
  Url?: string | undefined
  Twiml?: string | undefined
  Method: 'GET' | 'POST'
}) {
  // Url wins over Twiml (contract 2H 21).
  if (wanted.Url) return { type: 'url', url: wanted.Url, method: wanted.Method } as const
  if (wanted.Twiml) return { type: 'document', twiml: wanted.Twiml } as const
  throw apiErrors.invalid(21205, 'Url, Twiml or ApplicationSid is required')
}

function commandsOf(
  wanted: ReturnType<typeof updateCallSchema.parse>,
  events: readonly string[],
): CallCommand[] {
  const { FallbackUrl, StatusCallback, TimeLimit, Url, Twiml } = wanted
  if (wanted.Status) return [{ type: 'end', as: wanted.Status }]
  const commands: CallCommand[] = []
  if (FallbackUrl || StatusCallback || TimeLimit !== undefined) {
    commands.push({
      type: 'change',
      ...callbacksOf(wanted, events),
      timeLimitMs: TimeLimit === undefined ? undefined : TimeLimit * 1000,
    })
  }
  if (Url || Twiml) {
    const { RedirectWhen: when, PassState: passesState } = wanted
    commands.push({ type: 'redirect', start: startOf(wanted), when, passesState })
  }
  return commands
}

/** E.164 where the text is a number, a SIP URI, or client:name. */
export function addressOf(text: string | undefined, name: 'To' | 'From', parts: ApiParts): string {
  const given = text?.trim() ?? ''
  if (given === '') {
    throw apiErrors.invalid(name === 'To' ? 21201 : 21213, `No '${name}' number is specified`)
  }
  if (/^sips?:[^\s]+$/i.test(given) && given.length < 255) return given
  if (/^client:[^\s]{1,256}$/.test(given)) return given
  const number = normalNumber(given, parts.defaultCountry)
  if (number !== undefined) return number
  const code = name === 'To' ? 21211 : 21212
  throw apiErrors.invalid(code, `The '${name}' number ${given.slice(0, 64)} is not valid`)
}

async function callOf(context: ApiContext, parts: ApiParts): Promise<CallRow> {
  const row = await findRow(context.state.account.row.sid, context.params.sid ?? '', parts)
  if (!row) throw apiErrors.notFound(context.path)
  return row
}

async function findRow(
  accountSid: string,
  sid: string,
  parts: ApiParts,
): Promise<CallRow | undefined> {
  const [row] = await parts.store.read(findCall(accountSid, sid))
  return row
}

function notLive(sid: string, asked: CallCommand): ApiError {
  const { errorCode, message } = notInProgress(sid, asked)
  return apiErrors.invalid(errorCode, message)
}
