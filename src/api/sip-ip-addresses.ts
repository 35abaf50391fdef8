import { isIP } from 'node:net'
import type Router from 'koa-router'
import { z } from 'zod'
import { makeSid } from '../base/ids.js'
import type { SipIpAddressRow } from '../store/schema.js'
import {
  deleteSipIpAddress,
  findSipIpAddress,
  insertSipIpAddress,
  selectSipIpAddresses,
  updateSipIpAddress,
} from '../store/sip-lists.js'
import { sql } from '../store/store.js'
import { type ApiContext, answerOne, answerPage } from './answer.js'
import { ApiError, apiErrors } from './api-error.js'
import type { ApiParts } from './api-parts.js'
import { readPage } from './paging.js'
import { integer, validated } from './parameters.js'
import { presentSipIpAddress } from './present/sip-list.js'
import { ipAccessControlLists, sipListOf } from './sip-lists.js'

const names = { one: 'IpAddress', many: 'IpAddresses', key: 'ip_addresses' }
const path = '/SIP/IpAccessControlLists/:listSid/IpAddresses'
/** Of one list: all are looked at for a call. */
const addressesMax = 100

const settingsSchema = z.object({
  FriendlyName: z.string().min(1, 'is required').max(255, 'has at most 255 characters').optional(),
  IpAddress: z
    .string()
    .refine((text) => isIP(text) !== 0 && !text.includes('%'), 'must be an IPv4 or IPv6 address')
    .optional(),
  CidrPrefixLength: integer(0, 128).optional(),
})

export function addSipIpAddresses(router: Router, parts: ApiParts): void {
  router.get(path, (context) => listAddresses(context as ApiContext, parts))
  router.post(path, (context) => createAddress(context as ApiContext, parts))
  router.get(`${path}/:sid`, async (context) => {
    const row = await addressOf(context as ApiContext, parts)
    answerOne(context as ApiContext, names, presentSipIpAddress(row))
  })
  router.post(`${path}/:sid`, (context) => changeAddress(context as ApiContext, parts))
  router.delete(`${path}/:sid`, async (context) => {
    const row = await addressOf(context as ApiContext, parts)
    await parts.store.write([deleteSipIpAddress(row.sid)])
    await parts.sipDomains.keeper.reloadAddresses(row.list_sid)
    context.status = 204
  })
}

async function listAddresses(context: ApiContext, parts: ApiParts): Promise<void> {
  const { sid } = await sipListOf(context, ipAccessControlLists, parts)
  const query = sql.selectFrom('sip_ip_addresses').selectAll().where('list_sid', '=', sid)
  const page = await readPage(query, context.state.parameters, parts.store)
  answerPage(context, names, page, presentSipIpAddress)
}

async function createAddress(context: ApiContext, parts: ApiParts): Promise<void> {
  const list = await sipListOf(context, ipAccessControlLists, parts)
  const settings = validated(settingsSchema, context.state.parameters)
  const { FriendlyName: friendlyName, IpAddress: address } = settings
  if (friendlyName === undefined) throw required('FriendlyName')
  if (address === undefined) throw required('IpAddress')
  const others = await parts.store.read(selectSipIpAddresses(list.sid))
  if (others.length >= addressesMax) {
    throw new ApiError(409, 20009, `The list has ${addressesMax} addresses already`)
  }
  const nowMs = parts.clock.nowMs()
  const row: SipIpAddressRow = {
    sid: makeSid('IP', parts.ids),
    account_sid: list.account_sid,
    list_sid: list.sid,
    friendly_name: friendlyName,
    ip_address: address,
    cidr_prefix_length: prefixLengthOf(address, settings.CidrPrefixLength),
    created_ms: nowMs,
    updated_ms: nowMs,
  }
  await parts.store.write([insertSipIpAddress(row)])
  await parts.sipDomains.keeper.reloadAddresses(list.sid)
  answerOne(context, names, presentSipIpAddress(row), 201)
}

async function changeAddress(context: ApiContext, parts: ApiParts): Promise<void> {
  const row = await addressOf(context, parts)
  const settings = validated(settingsSchema, context.state.parameters)
  const address = settings.IpAddress ?? row.ip_address
  // The prefix of an address of the other family says nothing.
  const isSameFamily = isIP(address) === isIP(row.ip_address)
  const kept = isSameFamily ? row.cidr_prefix_length : undefined
  const change = {
    friendly_name: settings.FriendlyName ?? row.friendly_name,
    ip_address: address,
    cidr_prefix_length: prefixLengthOf(address, settings.CidrPrefixLength ?? kept),
    updated_ms: parts.clock.nowMs(),
  }
  await parts.store.write([updateSipIpAddress(row.sid, change)])
  await parts.sipDomains.keeper.reloadAddresses(row.list_sid)
  answerOne(context, names, presentSipIpAddress({ ...row, ...change }))
}

/** By default the whole address. */
function prefixLengthOf(address: string, given: number | undefined): number {
  const bits = isIP(address) === 4 ? 32 : 128
  if (given === undefined || given <= bits) return given ?? bits
  throw apiErrors.invalid(20001, `Parameter 'CidrPrefixLength' is not valid: at most ${bits}`)
}

function required(name: string): ApiError {
  return apiErrors.invalid(20001, `Parameter '${name}' is required`)
}

async function addressOf(context: ApiContext, parts: ApiParts): Promise<SipIpAddressRow> {
  const list = await sipListOf(context, ipAccessControlLists, parts)
  const [row] = await parts.store.read(findSipIpAddress(list.sid, context.params.sid ?? ''))
  if (!row) throw apiErrors.notFound(context.path)
  return row
}
