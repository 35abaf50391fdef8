import type Router from 'koa-router'
import { findNumber, updateNumber } from '../store/accounts.js'
import type { NumberRow } from '../store/schema.js'
import { sql } from '../store/store.js'
import type { ApiContext } from './answer.js'
import { apiErrors } from './api-error.js'
import type { ApiParts } from './api-parts.js'
import { readPage } from './paging.js'
import { presentTrunkNumber } from './present/trunk.js'
import { answerV1Page } from './trunking-page.js'
import { trunkOf } from './trunking-trunks.js'

const path = '/v1/Trunks/:trunkSid/PhoneNumbers'

/** The numbers of the account whose calls go to the PBX. */
export function addTrunkNumbers(router: Router, parts: ApiParts): void {
  router.get(path, (context) => listNumbers(context as ApiContext, parts))
  router.post(path, (context) => associate(context as ApiContext, parts))
  router.get(`${path}/:sid`, async (context) => {
    context.body = presentTrunkNumber(await numberOf(context as ApiContext, parts), parts.baseUrl)
  })
  router.delete(`${path}/:sid`, async (context) => {
    const { sid } = await numberOf(context as ApiContext, parts)
    const change = { trunk_sid: null, updated_ms: parts.clock.nowMs() }
    await parts.store.write([updateNumber(sid, change)])
    context.status = 204
  })
}

async function listNumbers(context: ApiContext, parts: ApiParts): Promise<void> {
  const { sid } = await trunkOf(context, parts)
  const query = sql.selectFrom('incoming_phone_numbers').selectAll().where('trunk_sid', '=', sid)
  const page = await readPage(query, context.state.parameters, parts.store)
  const present = (row: NumberRow) => presentTrunkNumber(row, parts.baseUrl)
  answerV1Page(context, 'phone_numbers', page, present, parts)
}

async function associate(context: ApiContext, parts: ApiParts): Promise<void> {
  const trunk = await trunkOf(context, parts)
  const numberSid = context.state.parameters.get('PhoneNumberSid')
  if (!numberSid) throw apiErrors.invalid(20001, "Parameter 'PhoneNumberSid' is required")
  const [row] = await parts.store.read(findNumber(trunk.account_sid, numberSid))
  if (!row)
    throw apiErrors.invalid(20001, "Parameter 'PhoneNumberSid' is not valid: no such number")
  // A trunk goes before an application; setting one clears the other.
  const extras = { ...(JSON.parse(row.extras) as object), voice_application_sid: '' }
  const change = {
    trunk_sid: trunk.sid,
    extras: JSON.stringify(extras),
    updated_ms: parts.clock.nowMs(),
  }
  await parts.store.write([updateNumber(row.sid, change)])
  context.status = 201
  context.body = presentTrunkNumber({ ...row, ...change }, parts.baseUrl)
}

async function numberOf(context: ApiContext, parts: ApiParts): Promise<NumberRow> {
  const trunk = await trunkOf(context, parts)
  const [row] = await parts.store.read(findNumber(trunk.account_sid, context.params.sid ?? ''))
  if (row?.trunk_sid !== trunk.sid) throw apiErrors.notFound(context.path)
  return row
}
