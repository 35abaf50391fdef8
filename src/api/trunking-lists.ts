import type Router from 'koa-router'
import type { SipMappingRow } from '../store/schema.js'
import {
  deleteSipMapping,
  findSipMapping,
  insertSipMapping,
  selectSipMappings,
} from '../store/sip-domains.js'
import { findSipList, selectSipLists } from '../store/sip-lists.js'
import { sql } from '../store/store.js'
import type { ApiContext } from './answer.js'
import { ApiError, apiErrors } from './api-error.js'
import type { ApiParts } from './api-parts.js'
import { readPage } from './paging.js'
import { presentTrunkList } from './present/trunk.js'
import { credentialLists, ipAccessControlLists } from './sip-lists.js'
import { answerV1Page } from './trunking-page.js'
import { trunkOf } from './trunking-trunks.js'

/** The lists of the account that say who may call through a trunk. */
interface Place {
  readonly kind: typeof credentialLists
  readonly purpose: SipMappingRow['purpose']
}

const places: readonly Place[] = [
  { kind: credentialLists, purpose: 'call_credentials' },
  { kind: ipAccessControlLists, purpose: 'call_addresses' },
]

/** Lists of a trunk of one kind: all are looked at for a call. */
const listsMax = 20

export function addTrunkLists(router: Router, parts: ApiParts): void {
  for (const place of places) {
    const path = `/v1/Trunks/:trunkSid/${place.kind.names.many}`
    router.get(path, (context) => list(context as ApiContext, place, parts))
    router.post(path, (context) => associate(context as ApiContext, place, parts))
    router.get(`${path}/:sid`, async (context) => {
      const row = await associationOf(context as ApiContext, place, parts)
      context.body = await presented(row, place, parts)
    })
    router.delete(`${path}/:sid`, async (context) => {
      const row = await associationOf(context as ApiContext, place, parts)
      await parts.store.write([deleteSipMapping(row)])
      await parts.customerTrunks.reload(row.domain_sid)
      context.status = 204
    })
  }
}

async function list(context: ApiContext, place: Place, parts: ApiParts): Promise<void> {
  const { sid } = await trunkOf(context, parts)
  const { names } = place.kind
  const query = sql
    .selectFrom('sip_mappings')
    .selectAll()
    .where('domain_sid', '=', sid)
    .where('purpose', '=', place.purpose)
  const page = await readPage(query, context.state.parameters, parts.store)
  const lists = await listsOf(page.rows, place, parts)
  const present = (row: SipMappingRow) =>
    presentTrunkList(row, lists.get(row.sid), names.many, parts.baseUrl)
  answerV1Page(context, names.key, page, present, parts)
}

async function associate(context: ApiContext, place: Place, parts: ApiParts): Promise<void> {
  const trunk = await trunkOf(context, parts)
  const { names, table } = place.kind
  const name = `${names.one}Sid`
  const listSid = context.state.parameters.get(name)
  if (!listSid) throw apiErrors.invalid(20001, `Parameter '${name}' is required`)
  const [known] = await parts.store.read(findSipList(table, trunk.account_sid, listSid))
  if (!known) throw apiErrors.invalid(20001, `Parameter '${name}' is not valid: no such list`)
  const nowMs = parts.clock.nowMs()
  const row: SipMappingRow = {
    sid: known.sid,
    domain_sid: trunk.sid,
    purpose: place.purpose,
    account_sid: trunk.account_sid,
    created_ms: nowMs,
    updated_ms: nowMs,
  }
  const isThere = async () => (await parts.store.read(findSipMapping(row))).length > 0
  const there = apiErrors.invalid(20001, 'The list is with the trunk already')
  if (await isThere()) throw there
  const others = await parts.store.read(selectSipMappings(trunk.sid))
  if (others.filter(({ purpose }) => purpose === place.purpose).length >= listsMax) {
    throw new ApiError(409, 20009, `${listsMax} lists are with the trunk already`)
  }
  try {
    await parts.store.write([insertSipMapping(row)])
  } catch (error) {
    // Somebody else was faster.
    throw (await isThere()) ? there : error
  }
  await parts.customerTrunks.reload(trunk.sid)
  context.status = 201
  context.body = await presented(row, place, parts)
}

async function associationOf(
  context: ApiContext,
  { purpose }: Place,
  parts: ApiParts,
): Promise<SipMappingRow> {
  const trunk = await trunkOf(context, parts)
  const key = { domain_sid: trunk.sid, purpose, sid: context.params.sid ?? '' }
  const [row] = await parts.store.read(findSipMapping(key))
  if (!row) throw apiErrors.notFound(context.path)
  return row
}

async function presented(row: SipMappingRow, place: Place, parts: ApiParts) {
  const lists = await listsOf([row], place, parts)
  return presentTrunkList(row, lists.get(row.sid), place.kind.names.many, parts.baseUrl)
}

/** The lists themselves, for their names. */
async function listsOf(rows: readonly SipMappingRow[], { kind }: Place, { store }: ApiParts) {
  const sids = rows.map(({ sid }) => sid)
  const found = sids.length > 0 ? await store.read(selectSipLists(kind.table, sids)) : []
  return new Map(found.map((one) => [one.sid, one]))
}
