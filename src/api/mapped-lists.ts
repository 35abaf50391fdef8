import type { SipMappingRow } from '../store/schema.js'
import { findSipMapping, insertSipMapping, selectSipMappings } from '../store/sip-domains.js'
import { findSipList, selectSipLists } from '../store/sip-lists.js'
import { sql } from '../store/store.js'
import type { ApiContext } from './answer.js'
import { ApiError, apiErrors } from './api-error.js'
import type { ApiParts } from './api-parts.js'
import { readPage } from './paging.js'
import type { credentialLists } from './sip-lists.js'

/** What lists are mapped to: a SIP Domain, or a trunk. */
interface Owner {
  readonly sid: string
  readonly account_sid: string
}

export interface MappingKind {
  readonly lists: typeof credentialLists
  readonly purpose: SipMappingRow['purpose']
}

/** Lists of one owner for one purpose: all are looked at for a call. */
const mappingsMax = 20

/** A page of the mappings of an owner, with their lists. */
export async function readMappings(
  context: ApiContext,
  owner: Owner,
  kind: MappingKind,
  { store }: ApiParts,
) {
  const query = sql
    .selectFrom('sip_mappings')
    .selectAll()
    .where('domain_sid', '=', owner.sid)
    .where('purpose', '=', kind.purpose)
  const page = await readPage(query, context.state.parameters, store)
  return { page, lists: await listsOf(page.rows, kind, { store }) }
}

/** Maps the list that the request names. Throws ApiError, a wrong parameter with `code`. */
export async function createMapping(
  context: ApiContext,
  owner: Owner,
  { lists: { names, table }, purpose }: MappingKind,
  code: number,
  { store, clock }: ApiParts,
): Promise<SipMappingRow> {
  const name = `${names.one}Sid`
  const listSid = context.state.parameters.get(name)
  if (!listSid) throw apiErrors.invalid(code, `Parameter '${name}' is required`)
  const [list] = await store.read(findSipList(table, owner.account_sid, listSid))
  if (!list) throw apiErrors.invalid(code, `Parameter '${name}' is not valid: no such list`)
  const nowMs = clock.nowMs()
  const row: SipMappingRow = {
    sid: list.sid,
    domain_sid: owner.sid,
    purpose,
    account_sid: owner.account_sid,
    created_ms: nowMs,
    updated_ms: nowMs,
  }
  const isMapped = async () => (await store.read(findSipMapping(row))).length > 0
  const mapped = apiErrors.invalid(code, 'The list is mapped here already')
  if (await isMapped()) throw mapped
  const others = await store.read(selectSipMappings(owner.sid))
  if (others.filter((other) => other.purpose === purpose).length >= mappingsMax) {
    throw new ApiError(409, 20009, `${mappingsMax} lists are mapped here already`)
  }
  try {
    await store.write([insertSipMapping(row)])
  } catch (error) {
    // Somebody else was faster.
    throw (await isMapped()) ? mapped : error
  }
  return row
}

/** The mapping that the path names. Throws ApiError. */
export async function mappingOf(
  context: ApiContext,
  owner: Owner,
  { purpose }: MappingKind,
  { store }: ApiParts,
): Promise<SipMappingRow> {
  const key = { domain_sid: owner.sid, purpose, sid: context.params.sid ?? '' }
  const [row] = await store.read(findSipMapping(key))
  if (!row) throw apiErrors.notFound(context.path)
  return row
}

/** The lists of mappings by their sid, for their names. */
export async function listsOf(
  rows: readonly SipMappingRow[],
  { lists: { table } }: MappingKind,
  { store }: Pick<ApiParts, 'store'>,
) {
  const sids = rows.map(({ sid }) => sid)
  const found = sids.length > 0 ? await store.read(selectSipLists(table, sids)) : []
  return new Map(found.map((list) => [list.sid, list]))
}
