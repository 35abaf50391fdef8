import type Router from 'koa-router'
import { z } from 'zod'
import { makeSid } from '../base/ids.js'
import {
  deleteCustomerTrunk,
  findCustomerTrunk,
  findCustomerTrunkByName,
  insertCustomerTrunk,
  updateCustomerTrunk,
} from '../store/customer-trunks.js'
import type { CustomerTrunkRow } from '../store/schema.js'
import { findSipDomainByName } from '../store/sip-domains.js'
import { sql } from '../store/store.js'
import type { ApiContext } from './answer.js'
import { ApiError, apiErrors } from './api-error.js'
import type { ApiParts } from './api-parts.js'
import { oneNameAtATime } from './domain-names.js'
import { readPage } from './paging.js'
import { boolean, method, validated, webUrl } from './parameters.js'
import { presentTrunk, presentTrunkRecording } from './present/trunk.js'
import { answerV1Page } from './trunking-page.js'

const path = '/v1/Trunks'
/** Of all accounts: each is kept in memory. */
const trunksMax = 10_000
const nameCode = 21232

const settingsSchema = z.object({
  FriendlyName: z.string().max(64, 'may have at most 64 characters').optional(),
  DomainName: z.string().max(255, 'may have at most 255 characters').optional(),
  DisasterRecoveryUrl: webUrl.optional(),
  DisasterRecoveryMethod: method.optional(),
  TransferMode: z.enum(['disable-all', 'enable-all', 'sip-only']).optional(),
  TransferCallerId: z.enum(['from-transferee', 'from-transferor']).optional(),
  Secure: boolean.optional(),
  CnamLookupEnabled: boolean.optional(),
})

const recordingSchema = z.object({
  Mode: z
    .enum([
      'do-not-record',
      'record-from-ringing',
      'record-from-answer',
      'record-from-ringing-dual',
      'record-from-answer-dual',
    ])
    .optional(),
  Trim: z.enum(['trim-silence', 'do-not-trim']).optional(),
})

type Settings = z.infer<typeof settingsSchema>

export function addTrunks(router: Router, parts: ApiParts): void {
  router.get(path, (context) => listTrunks(context as ApiContext, parts))
  router.post(path, (context) => createTrunk(context as ApiContext, parts))
  router.get(`${path}/:trunkSid`, async (context) => {
    context.body = presented(await trunkOf(context as ApiContext, parts), parts)
  })
  router.post(`${path}/:trunkSid`, (context) => changeTrunk(context as ApiContext, parts))
  router.delete(`${path}/:trunkSid`, async (context) => {
    const { sid } = await trunkOf(context as ApiContext, parts)
    await parts.store.write(deleteCustomerTrunk(sid))
    await parts.customerTrunks.reload(sid)
    context.status = 204
  })
  router.get(`${path}/:trunkSid/Recording`, async (context) => {
    context.body = presentTrunkRecording(await trunkOf(context as ApiContext, parts))
  })
  router.post(`${path}/:trunkSid/Recording`, async (context) => {
    const row = await trunkOf(context as ApiContext, parts)
    const { Mode, Trim } = validated(recordingSchema, context.state.parameters)
    const change = {
      ...(Mode === undefined ? {} : { recording_mode: Mode }),
      ...(Trim === undefined ? {} : { recording_trim: Trim }),
      updated_ms: parts.clock.nowMs(),
    }
    await parts.store.write([updateCustomerTrunk(row.sid, change)])
    await parts.customerTrunks.reload(row.sid)
    context.body = presentTrunkRecording({ ...row, ...change })
  })
}

/** The trunk that the path names. */
export async function trunkOf(
  { state, params, path: requested }: ApiContext,
  { store }: ApiParts,
): Promise<CustomerTrunkRow> {
  const [row] = await store.read(findCustomerTrunk(state.account.row.sid, params.trunkSid ?? ''))
  if (!row) throw apiErrors.notFound(requested)
  return row
}

async function listTrunks(context: ApiContext, parts: ApiParts): Promise<void> {
  const { account, parameters } = context.state
  const all = sql.selectFrom('customer_trunks').selectAll()
  const query = all.where('account_sid', '=', account.row.sid)
  const page = await readPage(query, parameters, parts.store)
  answerV1Page(context, 'trunks', page, (row) => presented(row, parts), parts)
}

async function createTrunk(context: ApiContext, parts: ApiParts): Promise<void> {
  const { account, parameters } = context.state
  const settings = validated(settingsSchema, parameters, { DomainName: nameCode })
  if (parts.customerTrunks.trunks.size >= trunksMax) {
    throw new ApiError(409, 20009, `There are ${trunksMax} trunks already`)
  }
  const nowMs = parts.clock.nowMs()
  const row: CustomerTrunkRow = {
    sid: makeSid('TK', parts.ids),
    account_sid: account.row.sid,
    domain_name: null,
    friendly_name: '',
    disaster_recovery_url: '',
    disaster_recovery_method: 'POST',
    transfer_mode: 'disable-all',
    transfer_caller_id: 'from-transferee',
    secure: 0,
    cnam_lookup_enabled: 0,
    recording_mode: 'do-not-record',
    recording_trim: 'do-not-trim',
    created_ms: nowMs,
    updated_ms: nowMs,
    ...changesOf(settings, parts),
  }
  await oneNameAtATime(parts.store, () => writeNamed(row, parts, insertCustomerTrunk(row)))
  context.status = 201
  context.body = presented(row, parts)
}

async function changeTrunk(context: ApiContext, parts: ApiParts): Promise<void> {
  const row = await trunkOf(context, parts)
  const settings = validated(settingsSchema, context.state.parameters, { DomainName: nameCode })
  const change = { ...changesOf(settings, parts), updated_ms: parts.clock.nowMs() }
  const changed = { ...row, ...change }
  const statement = updateCustomerTrunk(row.sid, change)
  await oneNameAtATime(parts.store, () => writeNamed(changed, parts, statement))
  context.body = presented(changed, parts)
}

/** A name is in no two trunks, and in no SIP Domain. */
async function writeNamed(
  row: CustomerTrunkRow,
  { store, customerTrunks }: ApiParts,
  statement: Parameters<ApiParts['store']['write']>[0][number],
): Promise<void> {
  const name = row.domain_name
  const isTaken = async () => {
    if (name === null) return false
    const [trunk] = await store.read(findCustomerTrunkByName(name))
    const [domain] = await store.read(findSipDomainByName(name))
    return domain !== undefined || (trunk !== undefined && trunk.sid !== row.sid)
  }
  const taken = apiErrors.invalid(nameCode, `DomainName ${name} is not available`)
  if (await isTaken()) throw taken
  try {
    await store.write([statement])
  } catch (error) {
    // Somebody else was faster.
    throw (await isTaken()) ? taken : error
  }
  await customerTrunks.reload(row.sid)
}

/** The columns that settings change. */
function changesOf(settings: Settings, { sipDomains }: ApiParts): Partial<CustomerTrunkRow> {
  const flag = (value: boolean | undefined) => (value === undefined ? undefined : Number(value))
  const columns = {
    friendly_name: settings.FriendlyName,
    domain_name: domainNameOf(settings, sipDomains),
    disaster_recovery_url: settings.DisasterRecoveryUrl,
    disaster_recovery_method: settings.DisasterRecoveryMethod,
    transfer_mode: settings.TransferMode,
    transfer_caller_id: settings.TransferCallerId,
    secure: flag(settings.Secure),
    cnam_lookup_enabled: flag(settings.CnamLookupEnabled),
  }
  return Object.fromEntries(Object.entries(columns).filter(([, value]) => value !== undefined))
}

function domainNameOf(
  { DomainName: given }: Settings,
  { fullName }: ApiParts['sipDomains'],
): string | null | undefined {
  if (given === undefined) return undefined
  if (given === '') return null
  const name = fullName(given)
  if (name !== undefined) return name
  throw apiErrors.invalid(nameCode, `DomainName ${given.slice(0, 64)} is no name for a domain`)
}

function presented(row: CustomerTrunkRow, { sipDomains, baseUrl }: ApiParts) {
  return presentTrunk(row, sipDomains.domains.authTypeOf(row.sid), baseUrl)
}
