import type Router from 'koa-router'
import { z } from 'zod'
import { makeSid } from '../base/ids.js'
import {
  deleteOriginationUrl,
  findOriginationUrl,
  insertOriginationUrl,
  selectOriginationUrls,
  updateOriginationUrl,
} from '../store/customer-trunks.js'
import type { OriginationUrlRow } from '../store/schema.js'
import { sql } from '../store/store.js'
import type { ApiContext } from './answer.js'
import { ApiError, apiErrors } from './api-error.js'
import type { ApiParts } from './api-parts.js'
import { readPage } from './paging.js'
import { boolean, integer, validated } from './parameters.js'
import { presentOriginationUrl } from './present/trunk.js'
import { answerV1Page } from './trunking-page.js'
import { trunkOf } from './trunking-trunks.js'

const path = '/v1/Trunks/:trunkSid/OriginationUrls'
/** Of one trunk: all are looked up for a call. Of all accounts: each is kept in memory. */
const urlsMax = { ofTrunk: 20, all: 50_000 }

/** Its user, if any, gives way to the number that is called. */
const sipUrl =
  /^sips?:(?:[^\s@,<>"?]+@)?(?:[^\s@,<>"?;:[\]]+|\[[0-9a-f:.]+\])(?::\d{1,5})?(?:;[^\s@,<>"?]*)?$/i

const settingsSchema = z.object({
  FriendlyName: z
    .string()
    .min(1, 'is required')
    .max(64, 'may have at most 64 characters')
    .optional(),
  SipUrl: z
    .string()
    .max(255, 'may have at most 255 characters')
    .regex(sipUrl, 'must be a SIP URI')
    .optional(),
  Priority: integer(0, 65_535).optional(),
  Weight: integer(0, 65_535).optional(),
  Enabled: boolean.optional(),
})

type Settings = z.infer<typeof settingsSchema>

export function addOriginationUrls(router: Router, parts: ApiParts): void {
  router.get(path, (context) => listUrls(context as ApiContext, parts))
  router.post(path, (context) => createUrl(context as ApiContext, parts))
  router.get(`${path}/:sid`, async (context) => {
    const row = await urlOf(context as ApiContext, parts)
    context.body = presentOriginationUrl(row, parts.baseUrl)
  })
  router.post(`${path}/:sid`, async (context) => {
    const row = await urlOf(context as ApiContext, parts)
    const settings = validated(settingsSchema, context.state.parameters)
    const change = { ...changesOf(settings), updated_ms: parts.clock.nowMs() }
    await parts.store.write([updateOriginationUrl(row.sid, change)])
    await parts.customerTrunks.reload(row.trunk_sid)
    context.body = presentOriginationUrl({ ...row, ...change }, parts.baseUrl)
  })
  router.delete(`${path}/:sid`, async (context) => {
    const row = await urlOf(context as ApiContext, parts)
    await parts.store.write([deleteOriginationUrl(row.sid)])
    await parts.customerTrunks.reload(row.trunk_sid)
    context.status = 204
  })
}

async function listUrls(context: ApiContext, parts: ApiParts): Promise<void> {
  const { sid } = await trunkOf(context, parts)
  const query = sql.selectFrom('origination_urls').selectAll().where('trunk_sid', '=', sid)
  const page = await readPage(query, context.state.parameters, parts.store)
  const present = (row: OriginationUrlRow) => presentOriginationUrl(row, parts.baseUrl)
  answerV1Page(context, 'origination_urls', page, present, parts)
}

async function createUrl(context: ApiContext, parts: ApiParts): Promise<void> {
  const trunk = await trunkOf(context, parts)
  const settings = validated(settingsSchema.required(), context.state.parameters)
  const { length } = await parts.store.read(selectOriginationUrls(trunk.sid))
  const isFull = length >= urlsMax.ofTrunk || parts.customerTrunks.trunks.urlCount >= urlsMax.all
  if (isFull) throw new ApiError(409, 20009, `There are ${length} origination URLs already`)
  const nowMs = parts.clock.nowMs()
  const row: OriginationUrlRow = {
    sid: makeSid('OU', parts.ids),
    account_sid: trunk.account_sid,
    trunk_sid: trunk.sid,
    friendly_name: settings.FriendlyName,
    sip_url: settings.SipUrl,
    priority: settings.Priority,
    weight: settings.Weight,
    enabled: Number(settings.Enabled),
    created_ms: nowMs,
    updated_ms: nowMs,
  }
  await parts.store.write([insertOriginationUrl(row)])
  await parts.customerTrunks.reload(trunk.sid)
  context.status = 201
  context.body = presentOriginationUrl(row, parts.baseUrl)
}

/** The columns that settings change. */
function changesOf(settings: Settings): Partial<OriginationUrlRow> {
  const columns = {
    friendly_name: settings.FriendlyName,
    sip_url: settings.SipUrl,
    priority: settings.Priority,
    weight: settings.Weight,
    enabled: settings.Enabled === undefined ? undefined : Number(settings.Enabled),
  }
  return Object.fromEntries(Object.entries(columns).filter(([, value]) => value !== undefined))
}

async function urlOf(context: ApiContext, parts: ApiParts): Promise<OriginationUrlRow> {
  const trunk = await trunkOf(context, parts)
  const [row] = await parts.store.read(findOriginationUrl(trunk.sid, context.params.sid ?? ''))
  if (!row) throw apiErrors.notFound(context.path)
  return row
}
