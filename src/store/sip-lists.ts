import type { Updateable } from 'kysely'
import type { SipCredentialRow, SipIpAddressRow, SipListRow } from './schema.js'
import { sql } from './store.js'

export type SipListTable = 'sip_credential_lists' | 'sip_ip_access_control_lists'

const entriesOf = {
  sip_credential_lists: 'sip_credentials',
  sip_ip_access_control_lists: 'sip_ip_addresses',
} as const

export const insertSipList = (table: SipListTable, row: SipListRow) =>
  sql.insertInto(table).values(row).compile()

export const updateSipList = (table: SipListTable, sid: string, change: Updateable<SipListRow>) =>
  sql.updateTable(table).set(change).where('sid', '=', sid).compile()

/** A list with its entries. */
export const deleteSipList = (table: SipListTable, sid: string) => [
  sql.deleteFrom(entriesOf[table]).where('list_sid', '=', sid).compile(),
  sql.deleteFrom(table).where('sid', '=', sid).compile(),
]

export const findSipList = (table: SipListTable, accountSid: string, sid: string) =>
  sql
    .selectFrom(table)
    .selectAll()
    .where('sid', '=', sid)
    .where('account_sid', '=', accountSid)
    .compile()

export const findSipListByName = (table: SipListTable, accountSid: string, name: string) =>
  sql
    .selectFrom(table)
    .selectAll()
    .where('account_sid', '=', accountSid)
    .where('friendly_name', '=', name)
    .compile()

export const selectSipLists = (table: SipListTable, sids: readonly string[]) =>
  sql.selectFrom(table).selectAll().where('sid', 'in', sids).compile()

export const countSipLists = (table: SipListTable, accountSid: string) =>
  sql
    .selectFrom(table)
    .select((select) => select.fn.countAll<number>().as('count'))
    .where('account_sid', '=', accountSid)
    .compile()

export const insertSipCredential = (row: SipCredentialRow) =>
  sql.insertInto('sip_credentials').values(row).compile()

export const updateSipCredential = (sid: string, change: Updateable<SipCredentialRow>) =>
  sql.updateTable('sip_credentials').set(change).where('sid', '=', sid).compile()

export const deleteSipCredential = (sid: string) =>
  sql.deleteFrom('sip_credentials').where('sid', '=', sid).compile()

export const findSipCredential = (listSid: string, sid: string) =>
  sql
    .selectFrom('sip_credentials')
    .selectAll()
    .where('list_sid', '=', listSid)
    .where('sid', '=', sid)
    .compile()

/** Of all lists, or of one. */
export const selectSipCredentials = (listSid?: string) => {
  const all = sql.selectFrom('sip_credentials').selectAll()
  return (listSid === undefined ? all : all.where('list_sid', '=', listSid)).compile()
}

export const insertSipIpAddress = (row: SipIpAddressRow) =>
  sql.insertInto('sip_ip_addresses').values(row).compile()

export const updateSipIpAddress = (sid: string, change: Updateable<SipIpAddressRow>) =>
  sql.updateTable('sip_ip_addresses').set(change).where('sid', '=', sid).compile()

export const deleteSipIpAddress = (sid: string) =>
  sql.deleteFrom('sip_ip_addresses').where('sid', '=', sid).compile()

export const findSipIpAddress = (listSid: string, sid: string) =>
  sql
    .selectFrom('sip_ip_addresses')
    .selectAll()
    .where('list_sid', '=', listSid)
    .where('sid', '=', sid)
    .compile()

/** Of all lists, or of one. */
export const selectSipIpAddresses = (listSid?: string) => {
  const all = sql.selectFrom('sip_ip_addresses').selectAll()
  return (listSid === undefined ? all : all.where('list_sid', '=', listSid)).compile()
}
