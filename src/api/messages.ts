import type Router from 'koa-router'
import { makeSid } from '../base/ids.js'
import { normalNumber } from '../call/caller.js'
import { isFinal, type MessageStatus } from '../message/message-record.js'
import { mediaMax } from '../message/messages.js'
import { deleteMessage, findMessage, updateMessage } from '../store/messages.js'
import type { MessageRow } from '../store/schema.js'
import { sql } from '../store/store.js'
import { type ApiContext, answerOne, answerPage } from './answer.js'
import { ApiError, apiErrors } from './api-error.js'
import type { ApiParts } from './api-parts.js'
import { namedApplication } from './applications.js'
import { dateRange } from './date-filter.js'
import { createMessageCodes, createMessageSchema, updateMessageSchema } from './messages.schema.js'
import { readPage } from './paging.js'
import { isWebUrl, type Parameters, validated } from './parameters.js'
import { presentApplication } from './present/application.js'
import { presentMessage } from './present/message.js'

const names = { one: 'Message', many: 'Messages', key: 'messages' }
/** How far ahead a message may be scheduled. */
const scheduleMs = { min: 15 * 60_000, max: 35 * 86_400_000 }

/** Text messages: stored, and sent as far as there is a way (docs/rest.md). */
export function addMessages(router: Router, parts: ApiParts): void {
  const path = '/Messages'
  router.get(path, (context) => list(context as ApiContext, parts))
  router.post(path, (context) => create(context as ApiContext, parts))
  router.get(`${path}/:sid`, async (context) => {
    answerOne(
      context as ApiContext,
      names,
      presentMessage(await messageOf(context as ApiContext, parts)),
    )
  })
  router.post(`${path}/:sid`, (context) => change(context as ApiContext, parts))
  router.delete(`${path}/:sid`, async (context) => {
    const row = await messageOf(context as ApiContext, parts)
    if (!isFinal(row.status as MessageStatus)) {
      throw new ApiError(409, 20009, `Message ${row.sid} is not finished and cannot be deleted`)
    }
    await parts.store.write([deleteMessage(row.sid)])
    context.status = 204
  })
}

async function list(context: ApiContext, parts: ApiParts): Promise<void> {
  const { account, parameters } = context.state
  let query = sql.selectFrom('messages').selectAll().where('account_sid', '=', account.row.sid)
  for (const [name, column] of [
    ['To', 'to'],
    ['From', 'from'],
  ] as const) {
    const value = parameters.get(name)
    if (value) query = query.where(column, '=', normalNumber(value, parts.defaultCountry) ?? value)
  }
  for (const { compare, ms } of dateRange('DateSent', parameters)) {
    query = query.where('sent_ms', compare, ms)
  }
  answerPage(context, names, await readPage(query, parameters, parts.store), presentMessage)
}

async function create(context: ApiContext, parts: ApiParts): Promise<void> {
  const { account, parameters } = context.state
  const wanted = validated(createMessageSchema, parameters, createMessageCodes)
  const accountSid = account.row.sid
  const to = numberOf(parameters.get('To'), 'To', 21604, 21211, parts)
  const from = await senderOf(accountSid, wanted.MessagingServiceSid, parameters, parts)
  const mediaUrls = mediaOf(parameters)
  const body = wanted.Body ?? ''
  if (body === '' && mediaUrls.length === 0) {
    throw apiErrors.invalid(21602, 'A message needs a Body or a MediaUrl')
  }
  const statusCallback = await statusCallbackOf(accountSid, wanted, parts)
  const message = await parts.messages.create({
    sid: makeSid(mediaUrls.length > 0 ? 'MM' : 'SM', parts.ids),
    ...{ accountSid, to, from, body, mediaUrls },
    direction: 'outbound-api',
    messagingServiceSid: wanted.MessagingServiceSid || undefined,
    statusCallback,
    sendMs: timeOf(wanted, parts),
    contentRetention: wanted.ContentRetention,
    addressRetention: wanted.AddressRetention,
  })
  const [row] = await parts.store.read(findMessage(message.sid))
  // It may be further by now; this is what was created.
  const created = {
    ...(row as MessageRow),
    ...{ status: message.status, error_code: null, error_message: null },
    ...{ body: message.body, media_urls: JSON.stringify(message.mediaUrls) },
  }
  answerOne(context, names, presentMessage(created), 201)
}

/** That of an application, if it has one, goes before that of the message. */
async function statusCallbackOf(
  accountSid: string,
  wanted: {
    readonly ApplicationSid?: string | undefined
    readonly StatusCallback?: string | undefined
  },
  parts: ApiParts,
): Promise<string | undefined> {
  const given = wanted.StatusCallback || undefined
  if (!wanted.ApplicationSid) return given
  const application = await namedApplication(accountSid, wanted.ApplicationSid, parts)
  const settings = presentApplication(application)
  return settings.message_status_callback || settings.sms_status_callback || given
}

async function senderOf(
  accountSid: string,
  serviceSid: string | undefined,
  parameters: Parameters,
  parts: ApiParts,
): Promise<string | undefined> {
  const given = parameters.get('From')?.trim() ?? ''
  if (given === '' && serviceSid) return undefined
  const from = numberOf(given, 'From', 21603, 21212, parts)
  if (await parts.messages.mayUse(accountSid, from)) return from
  throw apiErrors.invalid(21606, `The 'From' number ${from} is not one of this account`)
}

function numberOf(
  text: string | undefined,
  name: string,
  absentCode: number,
  invalidCode: number,
  parts: ApiParts,
): string {
  const given = text?.trim() ?? ''
  if (given === '') throw apiErrors.invalid(absentCode, `A '${name}' phone number is required`)
  const number = normalNumber(given, parts.defaultCountry)
  if (number !== undefined) return number
  throw apiErrors.invalid(invalidCode, `The '${name}' number ${given.slice(0, 64)} is not valid`)
}

function mediaOf(parameters: Parameters): string[] {
  // Unlike words, URLs may have commas.
  const urls = parameters
    .all('MediaUrl')
    .flatMap((value) => value.split(/\s+/))
    .filter((url) => url !== '')
  if (urls.length > mediaMax) {
    throw apiErrors.invalid(21623, `A message may have ${mediaMax} media, not ${urls.length}`)
  }
  const wrong = urls.find((url) => !isWebUrl(url) || url.length > 4_000)
  if (wrong === undefined) return urls
  throw apiErrors.invalid(21620, `MediaUrl ${wrong.slice(0, 100)} is not an http or https URL`)
}

/** Undefined: now. */
function timeOf(
  wanted: {
    readonly ScheduleType?: 'fixed' | undefined
    readonly SendAt?: number | undefined
    readonly MessagingServiceSid?: string | undefined
  },
  parts: ApiParts,
): number | undefined {
  if (wanted.ScheduleType === undefined) {
    // Not sent at once: that is what was not wanted.
    if (wanted.SendAt === undefined) return undefined
    throw apiErrors.invalid(20001, 'A message with SendAt needs ScheduleType=fixed')
  }
  if (!wanted.MessagingServiceSid) {
    throw apiErrors.invalid(20001, 'A message with ScheduleType needs a MessagingServiceSid')
  }
  const aheadMs = (wanted.SendAt ?? 0) - parts.clock.nowMs()
  if (wanted.SendAt === undefined || aheadMs < scheduleMs.min || aheadMs > scheduleMs.max) {
    throw apiErrors.invalid(20001, 'SendAt must be 15 minutes to 35 days ahead')
  }
  return wanted.SendAt
}

async function change(context: ApiContext, parts: ApiParts): Promise<void> {
  const row = await messageOf(context, parts)
  const { parameters } = context.state
  const wanted = validated(updateMessageSchema, parameters)
  if (wanted.Status === 'canceled' && !(await parts.messages.cancel(row.sid))) {
    throw new ApiError(409, 20009, `Message ${row.sid} is ${row.status} and cannot be canceled`)
  }
  // `Body=` empties it; the SDKs send that for redaction.
  if (wanted.Body === '' && parameters.has('Body')) {
    const now = await messageOf(context, parts)
    if (!isFinal(now.status as MessageStatus)) {
      throw new ApiError(409, 20009, `Message ${row.sid} is not finished and cannot be changed`)
    }
    const change = { body: '', updated_ms: parts.clock.nowMs() }
    await parts.store.write([updateMessage(row.sid, now.status, change)])
  }
  answerOne(context, names, presentMessage(await messageOf(context, parts)))
}

/** The message that the path names. Throws ApiError. */
export async function messageOf(context: ApiContext, { store }: ApiParts): Promise<MessageRow> {
  const [row] = await store.read(findMessage(context.params.sid ?? ''))
  if (row?.account_sid === context.state.account.row.sid) return row
  throw apiErrors.notFound(context.path)
}
