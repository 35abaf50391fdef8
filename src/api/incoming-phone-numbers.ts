import type Router from 'koa-router'
import { z } from 'zod'
import { makeSid } from '../base/ids.js'
import { normalNumber } from '../call/caller.js'
import {
  deleteNumber,
  findNumber,
  findNumberByPhone,
  insertNumber,
  updateNumber,
} from '../store/accounts.js'
import { findCustomerTrunk } from '../store/customer-trunks.js'
import type { NumberRow } from '../store/schema.js'
import { sql } from '../store/store.js'
import { type ApiContext, answerOne, answerPage } from './answer.js'
import { ApiError, apiErrors } from './api-error.js'
import type { ApiParts } from './api-parts.js'
import { namedApplication } from './applications.js'
import { readPage } from './paging.js'
import { boolean, method, validated, webUrl } from './parameters.js'
import { formatted } from './present/format.js'
import { numberExtras, presentNumber } from './present/number.js'

const names = {
  one: 'IncomingPhoneNumber',
  many: 'IncomingPhoneNumbers',
  key: 'incoming_phone_numbers',
}

const text = z.string().max(4_000)

const settingsSchema = z.object({
  FriendlyName: z.string().max(64, 'may have at most 64 characters').optional(),
  VoiceUrl: webUrl.optional(),
  VoiceMethod: method.optional(),
  VoiceFallbackUrl: webUrl.optional(),
  VoiceFallbackMethod: method.optional(),
  StatusCallback: webUrl.optional(),
  StatusCallbackMethod: method.optional(),
  SmsUrl: webUrl.optional(),
  SmsMethod: method.optional(),
  SmsFallbackUrl: webUrl.optional(),
  SmsFallbackMethod: method.optional(),
  SmsApplicationSid: text.optional(),
  VoiceApplicationSid: text.optional(),
  VoiceCallerIdLookup: boolean.optional(),
  VoiceReceiveMode: z.enum(['voice', 'fax']).optional(),
  TrunkSid: text.optional(),
  AddressSid: text.optional(),
  BundleSid: text.optional(),
  IdentitySid: text.optional(),
  EmergencyAddressSid: text.optional(),
  EmergencyStatus: z.enum(['Active', 'Inactive']).optional(),
})

const codes = { VoiceUrl: 21502, VoiceMethod: 21403, StatusCallback: 21502 }

type Settings = z.infer<typeof settingsSchema>

export function addIncomingPhoneNumbers(router: Router, parts: ApiParts): void {
  const path = '/IncomingPhoneNumbers'
  router.get(path, (context) => listNumbers(context as ApiContext, parts))
  router.post(path, (context) => createNumber(context as ApiContext, parts))
  router.get(`${path}/:sid`, async (context) => {
    answerOne(
      context as ApiContext,
      names,
      presentNumber(await numberOf(context as ApiContext, parts)),
    )
  })
  router.post(`${path}/:sid`, (context) => changeNumber(context as ApiContext, parts))
  router.delete(`${path}/:sid`, async (context) => {
    const row = await numberOf(context as ApiContext, parts)
    await parts.store.write([deleteNumber(row.sid)])
    context.status = 204
  })
}

async function listNumbers(context: ApiContext, parts: ApiParts): Promise<void> {
  const { account, parameters } = context.state
  let query = sql
    .selectFrom('incoming_phone_numbers')
    .selectAll()
    .where('account_sid', '=', account.row.sid)
  const friendlyName = parameters.get('FriendlyName')
  if (friendlyName) query = query.where('friendly_name', '=', friendlyName)
  const pattern = parameters.get('PhoneNumber')
  if (pattern) query = query.where('phone_number', 'like', likePattern(pattern))
  answerPage(context, names, await readPage(query, parameters, parts.store), presentNumber)
}

async function createNumber(context: ApiContext, parts: ApiParts): Promise<void> {
  const { account, parameters } = context.state
  const given = parameters.get('PhoneNumber')
  if (!given)
    throw apiErrors.invalid(21421, 'PhoneNumber is required: there is no inventory to choose from')
  const phoneNumber = normalNumber(given, parts.defaultCountry)
  if (phoneNumber === undefined) {
    throw apiErrors.invalid(21401, `PhoneNumber ${given.slice(0, 64)} is not a valid number`)
  }
  const settings = await settingsOf(context, parts)
  const [taken] = await parts.store.read(findNumberByPhone(phoneNumber))
  const notAvailable = new ApiError(400, 21422, `PhoneNumber ${phoneNumber} is not available`)
  if (taken) throw notAvailable
  const nowMs = parts.clock.nowMs()
  const row: NumberRow = {
    sid: makeSid('PN', parts.ids),
    account_sid: account.row.sid,
    phone_number: phoneNumber,
    friendly_name: formatted(phoneNumber),
    voice_url: '',
    voice_method: 'POST',
    voice_fallback_url: '',
    voice_fallback_method: 'POST',
    status_callback: '',
    status_callback_method: 'POST',
    extras: '{}',
    trunk_sid: null,
    created_ms: nowMs,
    updated_ms: nowMs,
    ...changesOf(settings, {}),
  }
  try {
    await parts.store.write([insertNumber(row)])
  } catch (error) {
    // Somebody else was faster.
    const [other] = await parts.store.read(findNumberByPhone(phoneNumber))
    throw other ? notAvailable : error
  }
  answerOne(context, names, presentNumber(row), 201)
}

async function changeNumber(context: ApiContext, parts: ApiParts): Promise<void> {
  const row = await numberOf(context, parts)
  const settings = await settingsOf(context, parts)
  const change = {
    ...changesOf(settings, JSON.parse(row.extras) as object),
    updated_ms: parts.clock.nowMs(),
  }
  await parts.store.write([updateNumber(row.sid, change)])
  answerOne(context, names, presentNumber({ ...row, ...change }))
}

/** As validated; a trunk and applications have to be of the account. */
async function settingsOf({ state }: ApiContext, parts: ApiParts): Promise<Settings> {
  const settings = validated(settingsSchema, state.parameters, codes)
  const accountSid = state.account.row.sid
  const { TrunkSid, VoiceApplicationSid, SmsApplicationSid } = settings
  for (const sid of [VoiceApplicationSid, SmsApplicationSid]) {
    if (sid) await namedApplication(accountSid, sid, parts)
  }
  if (!TrunkSid) return settings
  const [trunk] = await parts.store.read(findCustomerTrunk(accountSid, TrunkSid))
  if (!trunk) throw apiErrors.invalid(20001, "Parameter 'TrunkSid' is not valid: no such trunk")
  return settings
}

/** The columns that settings change; what has no column goes into `extras`. */
function changesOf(settings: Settings, extras: object): Partial<NumberRow> {
  const { TrunkSid, VoiceApplicationSid } = settings
  const columns = {
    friendly_name: settings.FriendlyName,
    voice_url: settings.VoiceUrl,
    voice_method: settings.VoiceMethod,
    voice_fallback_url: settings.VoiceFallbackUrl,
    voice_fallback_method: settings.VoiceFallbackMethod,
    status_callback: settings.StatusCallback,
    status_callback_method: settings.StatusCallbackMethod,
    // A trunk goes before an application; setting one clears the other.
    trunk_sid: TrunkSid === '' || (!TrunkSid && VoiceApplicationSid) ? null : TrunkSid,
  }
  const kept: { [name: string]: unknown } = { ...extras }
  for (const [name, value] of Object.entries(settings)) {
    const key = name.replace(/(?!^)([A-Z])/g, '_$1').toLowerCase()
    if (value !== undefined && key in numberExtras) kept[key] = value
  }
  if (TrunkSid) kept.voice_application_sid = ''
  const changed = Object.entries(columns).filter(([, value]) => value !== undefined)
  return { ...Object.fromEntries(changed), extras: JSON.stringify(kept) }
}

async function numberOf(context: ApiContext, parts: ApiParts): Promise<NumberRow> {
  const { account } = context.state
  const [row] = await parts.store.read(findNumber(account.row.sid, context.params.sid ?? ''))
  if (!row) throw apiErrors.notFound(context.path)
  return row
}

/** `+1555*01` and partial numbers, with * for any digit run. */
function likePattern(pattern: string): string {
  const plain = pattern.replace(/[^0-9+*A-Za-z]/g, '').replaceAll('*', '%')
  return plain.startsWith('+') ? plain : `%${plain}%`
}
