import type Router from 'koa-router'
import { z } from 'zod'
import { makeSid } from '../base/ids.js'
import { findCustomerTrunkByName } from '../store/customer-trunks.js'
import type { SipDomainRow } from '../store/schema.js'
import {
  deleteSipDomain,
  deleteSipMailboxes,
  findSipDomain,
  findSipDomainByName,
  insertSipDomain,
  updateSipDomain,
} from '../store/sip-domains.js'
import { sql } from '../store/store.js'
import { type ApiContext, answerOne, answerPage } from './answer.js'
import { ApiError, apiErrors } from './api-error.js'
import type { ApiParts } from './api-parts.js'
import { oneNameAtATime } from './domain-names.js'
import { readPage } from './paging.js'
import { boolean, method, validated, webUrl } from './parameters.js'
import { presentSipDomain, sipDomainExtras } from './present/sip-domain.js'

const names = { one: 'Domain', many: 'Domains', key: 'domains' }
const path = '/SIP/Domains'
/** Of all accounts: each is kept in memory. */
const domainsMax = 10_000
const codes = { invalid: 21231, name: 21232 }

const sidOrNothing = (prefix: string) =>
  z.union([
    z.literal('').transform(() => null),
    z
      .string()
      .regex(new RegExp(`^${prefix}[0-9a-fA-F]{32}$`), `must be ${prefix} and 32 hex digits`),
  ])

const settingsSchema = z.object({
  DomainName: z.string().max(255, 'may have at most 255 characters').optional(),
  FriendlyName: z.string().max(64, 'may have at most 64 characters').optional(),
  VoiceUrl: webUrl.optional(),
  VoiceMethod: method.optional(),
  VoiceFallbackUrl: webUrl.optional(),
  VoiceFallbackMethod: method.optional(),
  VoiceStatusCallbackUrl: webUrl.optional(),
  VoiceStatusCallbackMethod: method.optional(),
  SipRegistration: boolean.optional(),
  Secure: boolean.optional(),
  EmergencyCallingEnabled: boolean.optional(),
  ByocTrunkSid: sidOrNothing('BY').optional(),
  EmergencyCallerSid: sidOrNothing('PN').optional(),
})

const fieldCodes = Object.fromEntries(
  Object.keys(settingsSchema.shape).map((name) => [
    name,
    name === 'DomainName' ? codes.name : codes.invalid,
  ]),
)

type Settings = z.infer<typeof settingsSchema>

export function addSipDomains(router: Router, parts: ApiParts): void {
  router.get(path, (context) => listDomains(context as ApiContext, parts))
  router.post(path, (context) => createDomain(context as ApiContext, parts))
  router.get(`${path}/:sid`, async (context) => {
    const row = await sipDomainOf(context as ApiContext, parts)
    answerOne(context as ApiContext, names, presented(row, parts))
  })
  router.post(`${path}/:sid`, (context) => changeDomain(context as ApiContext, parts))
  router.delete(`${path}/:sid`, async (context) => {
    const row = await sipDomainOf(context as ApiContext, parts)
    await parts.store.write(deleteSipDomain(row))
    await parts.sipDomains.keeper.reloadDomain(row.sid)
    context.status = 204
  })
}

/** The domain that the path names. */
export async function sipDomainOf(
  { state, params, path: requested }: ApiContext,
  { store }: ApiParts,
): Promise<SipDomainRow> {
  const sid = params.domainSid ?? params.sid ?? ''
  const [row] = await store.read(findSipDomain(state.account.row.sid, sid))
  if (!row) throw apiErrors.notFound(requested)
  return row
}

async function listDomains(context: ApiContext, parts: ApiParts): Promise<void> {
  const { account, parameters } = context.state
  const query = sql.selectFrom('sip_domains').selectAll().where('account_sid', '=', account.row.sid)
  const page = await readPage(query, parameters, parts.store)
  answerPage(context, names, page, (row) => presented(row, parts))
}

async function createDomain(context: ApiContext, parts: ApiParts): Promise<void> {
  const { account, parameters } = context.state
  const settings = validated(settingsSchema, parameters, fieldCodes)
  if (!settings.DomainName) throw apiErrors.invalid(codes.name, 'DomainName is required')
  if (parts.sipDomains.domains.size >= domainsMax) {
    throw new ApiError(409, 20009, `There are ${domainsMax} domains already`)
  }
  const nowMs = parts.clock.nowMs()
  const row: SipDomainRow = {
    sid: makeSid('SD', parts.ids),
    account_sid: account.row.sid,
    domain_name: '',
    friendly_name: '',
    voice_url: '',
    voice_method: 'POST',
    voice_fallback_url: '',
    voice_fallback_method: 'POST',
    voice_status_callback_url: '',
    voice_status_callback_method: 'POST',
    sip_registration: 0,
    secure: 0,
    extras: '{}',
    created_ms: nowMs,
    updated_ms: nowMs,
    ...changesOf(settings, {}, parts),
  }
  const named = row.friendly_name === '' ? { ...row, friendly_name: row.domain_name } : row
  await oneNameAtATime(parts.store, () => writeNamed(named, parts, [insertSipDomain(named)]))
  answerOne(context, names, presented(named, parts), 201)
}

async function changeDomain(context: ApiContext, parts: ApiParts): Promise<void> {
  const row = await sipDomainOf(context, parts)
  const settings = validated(settingsSchema, context.state.parameters, fieldCodes)
  const change = {
    ...changesOf(settings, JSON.parse(row.extras) as object, parts),
    updated_ms: parts.clock.nowMs(),
  }
  const changed = { ...row, ...change }
  const isRenamed = changed.domain_name !== row.domain_name
  const batch = [
    updateSipDomain(row.sid, change),
    // Whoever has the name next shall not read them.
    ...(isRenamed ? [deleteSipMailboxes(row.domain_name)] : []),
  ]
  await oneNameAtATime(parts.store, () => writeNamed(changed, parts, batch))
  answerOne(context, names, presented(changed, parts))
}

/** A name is in no two domains, whoever is faster. */
async function writeNamed(
  row: SipDomainRow,
  { store, sipDomains }: ApiParts,
  batch: Parameters<ApiParts['store']['write']>[0],
): Promise<void> {
  const isTaken = async () => {
    const [other] = await store.read(findSipDomainByName(row.domain_name))
    const [trunk] = await store.read(findCustomerTrunkByName(row.domain_name))
    return trunk !== undefined || (other !== undefined && other.sid !== row.sid)
  }
  const taken = apiErrors.invalid(codes.name, `DomainName ${row.domain_name} is not available`)
  if (await isTaken()) throw taken
  try {
    await store.write(batch)
  } catch (error) {
    throw (await isTaken()) ? taken : error
  }
  await sipDomains.keeper.reloadDomain(row.sid)
}

/** The columns that settings change; what has no column goes into `extras`. */
function changesOf(
  settings: Settings,
  extras: object,
  { sipDomains }: ApiParts,
): Partial<SipDomainRow> {
  const { DomainName: given } = settings
  const domainName = given === undefined ? undefined : sipDomains.fullName(given)
  if (given !== undefined && domainName === undefined) {
    throw apiErrors.invalid(codes.name, `DomainName ${given.slice(0, 64)} is no name for a domain`)
  }
  const flag = (value: boolean | undefined) => (value === undefined ? undefined : Number(value))
  const columns = {
    domain_name: domainName,
    friendly_name: settings.FriendlyName,
    voice_url: settings.VoiceUrl,
    voice_method: settings.VoiceMethod,
    voice_fallback_url: settings.VoiceFallbackUrl,
    voice_fallback_method: settings.VoiceFallbackMethod,
    voice_status_callback_url: settings.VoiceStatusCallbackUrl,
    voice_status_callback_method: settings.VoiceStatusCallbackMethod,
    sip_registration: flag(settings.SipRegistration),
    secure: flag(settings.Secure),
  }
  const kept: { [name: string]: unknown } = { ...extras }
  for (const [name, value] of Object.entries(settings)) {
    const key = name.replace(/(?!^)([A-Z])/g, '_$1').toLowerCase()
    if (value !== undefined && key in sipDomainExtras) kept[key] = value
  }
  const changed = Object.entries(columns).filter(([, value]) => value !== undefined)
  return { ...Object.fromEntries(changed), extras: JSON.stringify(kept) }
}

function presented(row: SipDomainRow, { sipDomains }: ApiParts) {
  return presentSipDomain(row, sipDomains.domains.authTypeOf(row.sid))
}
