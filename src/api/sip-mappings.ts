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
import { type ApiContext, answerOne, answerPage } from './answer.js'
import { ApiError, apiErrors } from './api-error.js'
import type { ApiParts } from './api-parts.js'
import { readPage } from './paging.js'
import { presentSipMapping } from './present/sip-domain.js'
import { sipDomainOf } from './sip-domains.js'
import { credentialLists, ipAccessControlLists } from './sip-lists.js'

/** One place where lists are mapped to a domain. */
interface Place {
  /** Below the domain. */
  readonly path: string
  readonly purpose: SipMappingRow['purpose']
  /** Of the list in JSON. */
  readonly key: string
}

const toCredentials = 'CredentialListMappings'
const toAddresses = 'IpAccessControlListMappings'

/** The older paths and those below Auth/Calls are the same mappings. */
const places: readonly Place[] = [
  { path: `Auth/Calls/${toCredentials}`, purpose: 'call_credentials', key: 'contents' },
  { path: `Auth/Calls/${toAddresses}`, purpose: 'call_addresses', key: 'contents' },
  {
    path: `Auth/Registrations/${toCredentials}`,
    purpose: 'registration_credentials',
    key: 'contents',
  },
  { path: toCredentials, purpose: 'call_credentials', key: 'credential_list_mappings' },
  { path: toAddresses, purpose: 'call_addresses', key: 'ip_access_control_list_mappings' },
]

/** Lists of a domain for one purpose: all are looked at for a call. */
const mappingsMax = 20
const code = 21231

export function addSipMappings(router: Router, parts: ApiParts): void {
  for (const place of places) {
    const path = `/SIP/Domains/:domainSid/${place.path}`
    router.get(path, (context) => listMappings(context as ApiContext, place, parts))
    router.post(path, (context) => createMapping(context as ApiContext, place, parts))
    router.get(`${path}/:sid`, async (context) => {
      const row = await mappingOf(context as ApiContext, place, parts)
      await answerMapping(context as ApiContext, row, place, parts)
    })
    router.delete(`${path}/:sid`, async (context) => {
      const row = await mappingOf(context as ApiContext, place, parts)
      await parts.store.write([deleteSipMapping(row)])
      await parts.sipDomains.keeper.reloadDomain(row.domain_sid)
      context.status = 204
    })
  }
}

async function listMappings(context: ApiContext, place: Place, parts: ApiParts): Promise<void> {
  const { sid } = await sipDomainOf(context, parts)
  const query = sql
    .selectFrom('sip_mappings')
    .selectAll()
    .where('domain_sid', '=', sid)
    .where('purpose', '=', place.purpose)
  const page = await readPage(query, context.state.parameters, parts.store)
  const lists = await listsOf(page.rows, place, parts)
  answerPage(context, namesOf(place), page, (row) =>
    presentSipMapping(row, lists.get(row.sid), place.path),
  )
}

async function createMapping(context: ApiContext, place: Place, parts: ApiParts): Promise<void> {
  const domain = await sipDomainOf(context, parts)
  const { names, table } = kindOf(place)
  const name = `${names.one}Sid`
  const listSid = context.state.parameters.get(name)
  if (!listSid) throw apiErrors.invalid(code, `Parameter '${name}' is required`)
  const [list] = await parts.store.read(findSipList(table, domain.account_sid, listSid))
  if (!list) throw apiErrors.invalid(code, `Parameter '${name}' is not valid: no such list`)
  const nowMs = parts.clock.nowMs()
  const row: SipMappingRow = {
    sid: list.sid,
    domain_sid: domain.sid,
    purpose: place.purpose,
    account_sid: domain.account_sid,
    created_ms: nowMs,
    updated_ms: nowMs,
  }
  const isMapped = async () => (await parts.store.read(findSipMapping(row))).length > 0
  const mapped = apiErrors.invalid(code, 'The list is mapped to the domain already')
  if (await isMapped()) throw mapped
  const others = await parts.store.read(selectSipMappings(domain.sid))
  if (others.filter(({ purpose }) => purpose === place.purpose).length >= mappingsMax) {
    throw new ApiError(409, 20009, `${mappingsMax} lists are mapped to the domain already`)
  }
  try {
    await parts.store.write([insertSipMapping(row)])
  } catch (error) {
    // Somebody else was faster.
    throw (await isMapped()) ? mapped : error
  }
  await parts.sipDomains.keeper.reloadDomain(domain.sid)
  await answerMapping(context, row, place, parts, 201)
}

async function answerMapping(
  context: ApiContext,
  row: SipMappingRow,
  place: Place,
  parts: ApiParts,
  status = 200,
): Promise<void> {
  const lists = await listsOf([row], place, parts)
  const shown = presentSipMapping(row, lists.get(row.sid), place.path)
  answerOne(context, namesOf(place), shown, status)
}

async function mappingOf(
  context: ApiContext,
  { purpose }: Place,
  parts: ApiParts,
): Promise<SipMappingRow> {
  const domain = await sipDomainOf(context, parts)
  const key = { domain_sid: domain.sid, purpose, sid: context.params.sid ?? '' }
  const [row] = await parts.store.read(findSipMapping(key))
  if (!row) throw apiErrors.notFound(context.path)
  return row
}

/** The lists of mappings, for their names. */
async function listsOf(rows: readonly SipMappingRow[], place: Place, { store }: ApiParts) {
  const sids = rows.map(({ sid }) => sid)
  const found = sids.length > 0 ? await store.read(selectSipLists(kindOf(place).table, sids)) : []
  return new Map(found.map((list) => [list.sid, list]))
}

function kindOf({ purpose }: Place) {
  return purpose === 'call_addresses' ? ipAccessControlLists : credentialLists
}

function namesOf({ path, key }: Place) {
  const many = path.slice(path.lastIndexOf('/') + 1)
  return { one: many.slice(0, -1), many, key }
}
