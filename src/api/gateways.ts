import type Router from 'koa-router'
import { makeSid } from '../base/ids.js'
import {
  countGateways,
  deleteGateway,
  findGateway,
  insertGateway,
  updateGateway,
} from '../store/gateways.js'
import type { GatewayRow } from '../store/schema.js'
import { sql } from '../store/store.js'
import { type ApiContext, answerOne, answerPage } from './answer.js'
import { ApiError, apiErrors } from './api-error.js'
import type { ApiParts } from './api-parts.js'
import { type GatewaySettings, gatewaySchema } from './gateways.schema.js'
import { readPage } from './paging.js'
import { validated } from './parameters.js'
import { presentGateway } from './present/gateway.js'
import { originalPath } from './refusal.js'

const names = { one: 'Gateway', many: 'Gateways', key: 'gateways' }
const path = '/Gateways'
const gatewaysMax = 1_000

/** Peers that numbers are called through. A change takes effect before it is answered. */
export function addGateways(router: Router, parts: ApiParts): void {
  router.get(path, (context) => listGateways(context as ApiContext, parts))
  router.post(path, (context) => createGateway(context as ApiContext, parts))
  router.get(`${path}/:sid`, async (context) => {
    const row = await gatewayOf(context as ApiContext, parts)
    answerOne(context as ApiContext, names, presented(row, parts))
  })
  router.post(`${path}/:sid`, (context) => changeGateway(context as ApiContext, parts))
  router.delete(`${path}/:sid`, async (context) => {
    const row = await changeable(context as ApiContext, parts)
    await parts.store.write([deleteGateway(row.sid)])
    await parts.gateways.reload()
    context.status = 204
  })
}

async function listGateways(context: ApiContext, parts: ApiParts): Promise<void> {
  const { parameters } = context.state
  const accountSid = parameters.get('AccountSid')
  let query = sql.selectFrom('gateways').selectAll()
  if (accountSid) query = query.where('account_sid', '=', accountSid)
  const page = await readPage(query, parameters, parts.store)
  answerPage(context, names, page, (row) => presented(row, parts))
}

async function createGateway(context: ApiContext, parts: ApiParts): Promise<void> {
  const settings = validated(gatewaySchema, context.state.parameters)
  if (settings.Uri === undefined) throw apiErrors.invalid(20001, "Parameter 'Uri' is required")
  const nowMs = parts.clock.nowMs()
  const row: GatewayRow = {
    sid: makeSid('GW', parts.ids),
    account_sid: null,
    source: 'rest',
    name: '',
    prefix: '*',
    priority: 0,
    weight: 1,
    uri: settings.Uri,
    username: null,
    password: null,
    strip: 0,
    prepend: '',
    calls_max: null,
    calls_per_second_max: null,
    register: 0,
    expires_s: 3_600,
    enabled: 1,
    created_ms: nowMs,
    updated_ms: nowMs,
    ...(await changesOf(settings, parts)),
  }
  refuseNameless(row)
  const [counted] = await parts.store.read(countGateways())
  if ((counted?.count ?? 0) >= gatewaysMax) {
    throw new ApiError(409, 20009, `There are ${gatewaysMax} gateways already`)
  }
  await parts.store.write([insertGateway(row)])
  await parts.gateways.reload()
  answerOne(context, names, presented(row, parts), 201)
}

async function changeGateway(context: ApiContext, parts: ApiParts): Promise<void> {
  const row = await changeable(context, parts)
  const settings = validated(gatewaySchema, context.state.parameters)
  const change = { ...(await changesOf(settings, parts)), updated_ms: parts.clock.nowMs() }
  refuseNameless({ ...row, ...change })
  await parts.store.write([updateGateway(row.sid, change)])
  await parts.gateways.reload()
  answerOne(context, names, presented({ ...row, ...change }, parts))
}

function refuseNameless({ register, username }: GatewayRow): void {
  if (register === 0 || username) return
  throw apiErrors.invalid(20001, "Parameter 'Register' is not valid: it needs a Username")
}

/** The columns that settings change. */
async function changesOf(
  settings: GatewaySettings,
  { accounts, gateways }: ApiParts,
): Promise<Partial<GatewayRow>> {
  const { AccountSid: accountSid, Password: password } = settings
  if (accountSid && !(await accounts.find(accountSid))) {
    throw apiErrors.invalid(20001, "Parameter 'AccountSid' is not valid: there is no such account")
  }
  const flag = (value: boolean | undefined) => (value === undefined ? undefined : Number(value))
  const columns = {
    account_sid: accountSid,
    name: settings.Name,
    prefix: settings.Prefix,
    priority: settings.Priority,
    weight: settings.Weight,
    uri: settings.Uri,
    username: settings.Username,
    password: password ? gateways.seal(password) : password,
    strip: settings.Strip,
    prepend: settings.Prepend,
    calls_max: settings.CallsMax,
    calls_per_second_max: settings.CallsPerSecondMax,
    register: flag(settings.Register),
    expires_s: settings.Expires,
    enabled: flag(settings.Enabled),
  }
  return Object.fromEntries(Object.entries(columns).filter(([, value]) => value !== undefined))
}

async function changeable(context: ApiContext, parts: ApiParts): Promise<GatewayRow> {
  const row = await gatewayOf(context, parts)
  if (row.source === 'rest') return row
  throw new ApiError(409, 20009, 'This gateway comes from DIALPLANE_TRUNKS and is read-only')
}

async function gatewayOf(context: ApiContext, parts: ApiParts): Promise<GatewayRow> {
  const [row] = await parts.store.read(findGateway(context.params.sid ?? ''))
  if (!row) throw apiErrors.notFound(originalPath(context))
  return row
}

function presented(row: GatewayRow, { gateways }: ApiParts) {
  return presentGateway(row, gateways.stateOf(row.sid))
}
