import type Router from 'koa-router'
import { z } from 'zod'
import { normalNumber } from '../call/caller.js'
import {
  deleteCallerId,
  findCallerId,
  findCallerNumber,
  updateCallerId,
} from '../store/outgoing-caller-ids.js'
import type { OutgoingCallerIdRow } from '../store/schema.js'
import { sql } from '../store/store.js'
import { type ApiContext, answerOne, answerPage } from './answer.js'
import { apiErrors } from './api-error.js'
import type { ApiParts } from './api-parts.js'
import { commanded } from './commanded.js'
import { readPage } from './paging.js'
import { integer, method, validated, webUrl } from './parameters.js'
import { formatted } from './present/format.js'
import { presentCallerId } from './present/outgoing-caller-id.js'

const names = { one: 'OutgoingCallerId', many: 'OutgoingCallerIds', key: 'outgoing_caller_ids' }
const validationNames = { ...names, one: 'ValidationRequest' }
const path = '/OutgoingCallerIds'

const friendlyName = z.string().max(64, 'may have at most 64 characters')

const schema = z.object({
  FriendlyName: friendlyName.optional(),
  CallDelay: integer(0, 60).default(0),
  Extension: z
    .string()
    .regex(/^[0-9A-Da-d#*wW]{0,32}$/, 'may hold at most 32 of 0-9 A-D # * w W')
    .optional(),
  StatusCallback: webUrl.optional(),
  StatusCallbackMethod: method.default('POST'),
})

const codes = { StatusCallback: 21502, StatusCallbackMethod: 21403 }

/** Numbers of somebody else that the account has shown to be its own. */
export function addOutgoingCallerIds(router: Router, parts: ApiParts): void {
  router.get(path, (context) => list(context as ApiContext, parts))
  router.post(path, (context) => validate(context as ApiContext, parts))
  router.get(`${path}/:sid`, async (context) => {
    const row = await callerIdOf(context as ApiContext, parts)
    answerOne(context as ApiContext, names, presentCallerId(row))
  })
  router.post(`${path}/:sid`, (context) => change(context as ApiContext, parts))
  router.delete(`${path}/:sid`, async (context) => {
    const row = await callerIdOf(context as ApiContext, parts)
    await parts.store.write([deleteCallerId(row.sid)])
    context.status = 204
  })
}

/**
 * Who calls must be a number that is assigned to the account or verified (checklist G8); devices and SIP
 * URIs are not numbers. Throws ApiError 21210.
 */
export async function checkCallerId(
  accountSid: string,
  from: string,
  { store }: Pick<ApiParts, 'store'>,
): Promise<void> {
  if (!from.startsWith('+')) return
  const found = await store.read(findCallerNumber(accountSid, from))
  if (found.length > 0) return
  throw apiErrors.invalid(
    21210,
    `The 'From' number ${from} is neither assigned to this account nor verified for it`,
  )
}

async function list(context: ApiContext, parts: ApiParts): Promise<void> {
  const { account, parameters } = context.state
  let query = sql
    .selectFrom('outgoing_caller_ids')
    .selectAll()
    .where('account_sid', '=', account.row.sid)
  const name = parameters.get('FriendlyName')
  if (name) query = query.where('friendly_name', '=', name)
  const number = parameters.get('PhoneNumber')
  if (number) {
    const phoneNumber = normalNumber(number, parts.defaultCountry) ?? number
    query = query.where('phone_number', '=', phoneNumber)
  }
  answerPage(context, names, await readPage(query, parameters, parts.store), presentCallerId)
}

/** Calls the number; the answer holds the code that is asked for there. */
async function validate(context: ApiContext, parts: ApiParts): Promise<void> {
  const { account, parameters } = context.state
  const given = parameters.get('PhoneNumber')
  if (!given) throw apiErrors.invalid(21421, 'PhoneNumber is required')
  const phoneNumber = normalNumber(given, parts.defaultCountry)
  if (phoneNumber === undefined) {
    throw apiErrors.invalid(21401, `PhoneNumber ${given.slice(0, 64)} is not a valid number`)
  }
  const wanted = validated(schema, parameters, codes)
  const { StatusCallback: url, StatusCallbackMethod: callbackMethod } = wanted
  const name = wanted.FriendlyName || formatted(phoneNumber)
  const begun = parts.callerIdValidations.begin({
    ...{ accountSid: account.row.sid, phoneNumber, friendlyName: name },
    delayMs: wanted.CallDelay * 1000,
    extension: wanted.Extension || undefined,
    statusCallback: url ? { url, method: callbackMethod } : undefined,
  })
  const { callSid, code } = await commanded(context.path, begun)
  answerOne(context, validationNames, {
    account_sid: account.row.sid,
    call_sid: callSid,
    friendly_name: name,
    phone_number: phoneNumber,
    validation_code: code,
  })
}

async function change(context: ApiContext, parts: ApiParts): Promise<void> {
  const row = await callerIdOf(context, parts)
  const changeable = z.object({ FriendlyName: friendlyName.optional() })
  const { FriendlyName = row.friendly_name } = validated(changeable, context.state.parameters)
  const changed = { friendly_name: FriendlyName, updated_ms: parts.clock.nowMs() }
  await parts.store.write([updateCallerId(row.sid, changed)])
  answerOne(context, names, presentCallerId({ ...row, ...changed }))
}

async function callerIdOf(context: ApiContext, { store }: ApiParts): Promise<OutgoingCallerIdRow> {
  const { account } = context.state
  const [row] = await store.read(findCallerId(account.row.sid, context.params.sid ?? ''))
  if (!row) throw apiErrors.notFound(context.path)
  return row
}
