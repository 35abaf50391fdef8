import type { Updateable } from 'kysely'
import type { CustomerTrunkRow, OriginationUrlRow } from './schema.js'
import { sql } from './store.js'

export const insertCustomerTrunk = (row: CustomerTrunkRow) =>
  sql.insertInto('customer_trunks').values(row).compile()

export const updateCustomerTrunk = (sid: string, change: Updateable<CustomerTrunkRow>) =>
  sql.updateTable('customer_trunks').set(change).where('sid', '=', sid).compile()

/** A trunk with all that is said of it; its numbers ring their voice URLs again. */
export const deleteCustomerTrunk = (sid: string) => [
  sql.deleteFrom('sip_mappings').where('domain_sid', '=', sid).compile(),
  sql.deleteFrom('origination_urls').where('trunk_sid', '=', sid).compile(),
  sql
    .updateTable('incoming_phone_numbers')
    .set({ trunk_sid: null })
    .where('trunk_sid', '=', sid)
    .compile(),
  sql.deleteFrom('customer_trunks').where('sid', '=', sid).compile(),
]

export const findCustomerTrunk = (accountSid: string, sid: string) =>
  sql
    .selectFrom('customer_trunks')
    .selectAll()
    .where('sid', '=', sid)
    .where('account_sid', '=', accountSid)
    .compile()

export const findCustomerTrunkByName = (domainName: string) =>
  sql.selectFrom('customer_trunks').selectAll().where('domain_name', '=', domainName).compile()

/** All, or the one with this sid. */
export const selectCustomerTrunks = (sid?: string) => {
  const all = sql.selectFrom('customer_trunks').selectAll()
  return (sid === undefined ? all : all.where('sid', '=', sid)).compile()
}

export const insertOriginationUrl = (row: OriginationUrlRow) =>
  sql.insertInto('origination_urls').values(row).compile()

export const updateOriginationUrl = (sid: string, change: Updateable<OriginationUrlRow>) =>
  sql.updateTable('origination_urls').set(change).where('sid', '=', sid).compile()

export const deleteOriginationUrl = (sid: string) =>
  sql.deleteFrom('origination_urls').where('sid', '=', sid).compile()

export const findOriginationUrl = (trunkSid: string, sid: string) =>
  sql
    .selectFrom('origination_urls')
    .selectAll()
    .where('trunk_sid', '=', trunkSid)
    .where('sid', '=', sid)
    .compile()

/** Of all trunks, or of one. */
export const selectOriginationUrls = (trunkSid?: string) => {
  const all = sql.selectFrom('origination_urls').selectAll()
  return (trunkSid === undefined ? all : all.where('trunk_sid', '=', trunkSid)).compile()
}
