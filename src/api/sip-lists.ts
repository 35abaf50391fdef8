import type Router from 'koa-router'
import { z } from 'zod'
import { makeSid } from '../base/ids.js'
import type { SipListRow } from '../store/schema.js'
import { findDomainOfSipList } from '../store/sip-domains.js'
import {
  countSipLists,
  deleteSipList,
  findSipList,
  findSipListByName,
  insertSipList,
  type SipListTable,
  updateSipList,
} from '../store/sip-lists.js'
import { sql } from '../store/store.js'
import { type ApiContext, answerOne, answerPage, type ResourceNames } from './answer.js'
import { ApiError, apiErrors } from './api-error.js'
import type { ApiParts } from './api-parts.js'
import { readPage } from './paging.js'
import { validated } from './parameters.js'
import { presentSipList } from './present/sip-list.js'

/** The two kinds of lists, which differ in their entries. */
interface ListKind {
  readonly table: SipListTable
  readonly sidPrefix: 'CL' | 'AL'
  readonly names: ResourceNames
  readonly entries: string
  /** Error of a value that is not valid. */
  readonly code: number
  readonly reload: 'reloadCredentials' | 'reloadAddresses'
}

export const credentialLists: ListKind = {
  table: 'sip_credential_lists',
  sidPrefix: 'CL',
  names: { one: 'CredentialList', many: 'CredentialLists', key: 'credential_lists' },
  entries: 'Credentials',
  code: 21240,
  reload: 'reloadCredentials',
}

export const ipAccessControlLists: ListKind = {
  table: 'sip_ip_access_control_lists',
  sidPrefix: 'AL',
  names: {
    one: 'IpAccessControlList',
    many: 'IpAccessControlLists',
    key: 'ip_access_control_lists',
  },
  entries: 'IpAddresses',
  code: 20001,
  reload: 'reloadAddresses',
}

/** Of each kind in an account. */
const listsMax = 1_000

const settingsSchema = z.object({
  FriendlyName: z
    .string('is required')
    .min(1, 'is required')
    .max(255, 'has at most 255 characters'),
})

export function addSipLists(router: Router, parts: ApiParts): void {
  for (const kind of [credentialLists, ipAccessControlLists]) {
    const path = `/SIP/${kind.names.many}`
    router.get(path, (context) => list(context as ApiContext, kind, parts))
    router.post(path, (context) => create(context as ApiContext, kind, parts))
    router.get(`${path}/:sid`, async (context) => {
      const row = await sipListOf(context as ApiContext, kind, parts)
      answerOne(context as ApiContext, kind.names, presented(row, kind))
    })
    router.post(`${path}/:sid`, (context) => rename(context as ApiContext, kind, parts))
    router.delete(`${path}/:sid`, (context) => remove(context as ApiContext, kind, parts))
  }
}

/** The list that the path names. */
export async function sipListOf(
  { state, params, path }: ApiContext,
  { table }: Pick<ListKind, 'table'>,
  { store }: ApiParts,
): Promise<SipListRow> {
  const sid = params.listSid ?? params.sid ?? ''
  const [row] = await store.read(findSipList(table, state.account.row.sid, sid))
  if (!row) throw apiErrors.notFound(path)
  return row
}

async function list(context: ApiContext, kind: ListKind, parts: ApiParts): Promise<void> {
  const { account, parameters } = context.state
  const query = sql.selectFrom(kind.table).selectAll().where('account_sid', '=', account.row.sid)
  const page = await readPage(query, parameters, parts.store)
  answerPage(context, kind.names, page, (row) => presented(row, kind))
}

async function create(context: ApiContext, kind: ListKind, parts: ApiParts): Promise<void> {
  const accountSid = context.state.account.row.sid
  const [counted] = await parts.store.read(countSipLists(kind.table, accountSid))
  if ((counted?.count ?? 0) >= listsMax) {
    throw new ApiError(409, 20009, `There are ${listsMax} lists already`)
  }
  const nowMs = parts.clock.nowMs()
  const row: SipListRow = {
    sid: makeSid(kind.sidPrefix, parts.ids),
    account_sid: accountSid,
    friendly_name: friendlyNameOf(context, kind),
    created_ms: nowMs,
    updated_ms: nowMs,
  }
  await writeNamed(row, kind, parts, insertSipList(kind.table, row))
  answerOne(context, kind.names, presented(row, kind), 201)
}

async function rename(context: ApiContext, kind: ListKind, parts: ApiParts): Promise<void> {
  const row = await sipListOf(context, kind, parts)
  const change = {
    friendly_name: friendlyNameOf(context, kind),
    updated_ms: parts.clock.nowMs(),
  }
  const changed = { ...row, ...change }
  await writeNamed(changed, kind, parts, updateSipList(kind.table, row.sid, change))
  answerOne(context, kind.names, presented(changed, kind))
}

async function remove(context: ApiContext, kind: ListKind, parts: ApiParts): Promise<void> {
  const row = await sipListOf(context, kind, parts)
  const [used] = await parts.store.read(findDomainOfSipList(row.sid))
  if (used) throw new ApiError(409, 20009, `The list is mapped to domain ${used.domain_sid}`)
  await parts.store.write(deleteSipList(kind.table, row.sid))
  await parts.sipDomains.keeper[kind.reload](row.sid)
  context.status = 204
}

function friendlyNameOf({ state }: ApiContext, { code }: ListKind): string {
  return validated(settingsSchema, state.parameters, { FriendlyName: code }).FriendlyName
}

/** A name is in no two lists of an account, whoever is faster. */
async function writeNamed(
  row: SipListRow,
  { table, code }: ListKind,
  { store }: ApiParts,
  statement: Parameters<ApiParts['store']['write']>[0][number],
): Promise<void> {
  const isTaken = async () => {
    const found = await store.read(findSipListByName(table, row.account_sid, row.friendly_name))
    return found.some(({ sid }) => sid !== row.sid)
  }
  const taken = apiErrors.invalid(code, 'There is a list of this FriendlyName already')
  if (await isTaken()) throw taken
  try {
    await store.write([statement])
  } catch (error) {
    throw (await isTaken()) ? taken : error
  }
}

function presented(row: SipListRow, { names, entries }: ListKind) {
  return presentSipList(row, names.many, entries)
}
