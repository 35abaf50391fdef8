import type Router from 'koa-router'
import type { SipMappingRow } from '../store/schema.js'
import { deleteSipMapping } from '../store/sip-domains.js'
import type { ApiContext } from './answer.js'
import type { ApiParts } from './api-parts.js'
import {
  createMapping,
  listsOf,
  type MappingKind,
  mappingOf,
  readMappings,
} from './mapped-lists.js'
import { presentTrunkList } from './present/trunk.js'
import { credentialLists, ipAccessControlLists } from './sip-lists.js'
import { answerV1Page } from './trunking-page.js'
import { trunkOf } from './trunking-trunks.js'

/** The lists of the account that say who may call through a trunk. */
const kinds: readonly MappingKind[] = [
  { lists: credentialLists, purpose: 'call_credentials' },
  { lists: ipAccessControlLists, purpose: 'call_addresses' },
]

export function addTrunkLists(router: Router, parts: ApiParts): void {
  for (const kind of kinds) {
    const path = `/v1/Trunks/:trunkSid/${kind.lists.names.many}`
    router.get(path, (context) => list(context as ApiContext, kind, parts))
    router.post(path, (context) => associate(context as ApiContext, kind, parts))
    router.get(`${path}/:sid`, async (context) => {
      const row = await found(context as ApiContext, kind, parts)
      context.body = await presented(row, kind, parts)
    })
    router.delete(`${path}/:sid`, async (context) => {
      const row = await found(context as ApiContext, kind, parts)
      await parts.store.write([deleteSipMapping(row)])
      await parts.customerTrunks.reload(row.domain_sid)
      context.status = 204
    })
  }
}

async function list(context: ApiContext, kind: MappingKind, parts: ApiParts): Promise<void> {
  const trunk = await trunkOf(context, parts)
  const { names } = kind.lists
  const { page, lists } = await readMappings(context, trunk, kind, parts)
  const present = (row: SipMappingRow) =>
    presentTrunkList(row, lists.get(row.sid), names.many, parts.baseUrl)
  answerV1Page(context, names.key, page, present, parts)
}

async function associate(context: ApiContext, kind: MappingKind, parts: ApiParts): Promise<void> {
  const trunk = await trunkOf(context, parts)
  const row = await createMapping(context, trunk, kind, 20001, parts)
  await parts.customerTrunks.reload(trunk.sid)
  context.status = 201
  context.body = await presented(row, kind, parts)
}

async function found(
  context: ApiContext,
  kind: MappingKind,
  parts: ApiParts,
): Promise<SipMappingRow> {
  return mappingOf(context, await trunkOf(context, parts), kind, parts)
}

async function presented(row: SipMappingRow, kind: MappingKind, parts: ApiParts) {
  const lists = await listsOf([row], kind, parts)
  return presentTrunkList(row, lists.get(row.sid), kind.lists.names.many, parts.baseUrl)
}
