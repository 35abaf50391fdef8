import type Router from 'koa-router'
import type { SipMappingRow } from '../store/schema.js'
import { deleteSipMapping } from '../store/sip-domains.js'
import { type ApiContext, answerOne, answerPage } from './answer.js'
import type { ApiParts } from './api-parts.js'
import {
  createMapping,
  listsOf,
  type MappingKind,
  mappingOf,
  readMappings,
} from './mapped-lists.js'
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

const code = 21231

export function addSipMappings(router: Router, parts: ApiParts): void {
  for (const place of places) {
    const path = `/SIP/Domains/:domainSid/${place.path}`
    router.get(path, (context) => answerMappings(context as ApiContext, place, parts))
    router.post(path, (context) => answerNew(context as ApiContext, place, parts))
    router.get(`${path}/:sid`, async (context) => {
      const row = await found(context as ApiContext, place, parts)
      await answerMapping(context as ApiContext, row, place, parts)
    })
    router.delete(`${path}/:sid`, async (context) => {
      const row = await found(context as ApiContext, place, parts)
      await parts.store.write([deleteSipMapping(row)])
      await parts.sipDomains.keeper.reloadDomain(row.domain_sid)
      context.status = 204
    })
  }
}

async function answerMappings(context: ApiContext, place: Place, parts: ApiParts): Promise<void> {
  const domain = await sipDomainOf(context, parts)
  const { page, lists } = await readMappings(context, domain, kindOf(place), parts)
  answerPage(context, namesOf(place), page, (row) =>
    presentSipMapping(row, lists.get(row.sid), place.path),
  )
}

async function answerNew(context: ApiContext, place: Place, parts: ApiParts): Promise<void> {
  const domain = await sipDomainOf(context, parts)
  const row = await createMapping(context, domain, kindOf(place), code, parts)
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
  const lists = await listsOf([row], kindOf(place), parts)
  const shown = presentSipMapping(row, lists.get(row.sid), place.path)
  answerOne(context, namesOf(place), shown, status)
}

async function found(context: ApiContext, place: Place, parts: ApiParts): Promise<SipMappingRow> {
  return mappingOf(context, await sipDomainOf(context, parts), kindOf(place), parts)
}

function kindOf({ purpose }: Place): MappingKind {
  return { lists: purpose === 'call_addresses' ? ipAccessControlLists : credentialLists, purpose }
}

function namesOf({ path, key }: Place) {
  const many = path.slice(path.lastIndexOf('/') + 1)
  return { one: many.slice(0, -1), many, key }
}
