import type { Updateable } from 'kysely'
import type { SipDomainRow, SipMappingRow } from './schema.js'
import { sql } from './store.js'

export const insertSipDomain = (row: SipDomainRow) =>
  sql.insertInto('sip_domains').values(row).compile()

export const updateSipDomain = (sid: string, change: Updateable<SipDomainRow>) =>
  sql.updateTable('sip_domains').set(change).where('sid', '=', sid).compile()

/** Of all users of a domain that has no longer this name. */
export const deleteSipMailboxes = (domainName: string) =>
  sql.deleteFrom('sip_mailboxes').where('domain_name', '=', domainName).compile()

/** A domain with all that is said of it. */
export const deleteSipDomain = ({ sid, domain_name }: SipDomainRow) => [
  sql.deleteFrom('sip_mappings').where('domain_sid', '=', sid).compile(),
  deleteSipMailboxes(domain_name),
  sql.deleteFrom('sip_domains').where('sid', '=', sid).compile(),
]

export const findSipDomain = (accountSid: string, sid: string) =>
  sql
    .selectFrom('sip_domains')
    .selectAll()
    .where('sid', '=', sid)
    .where('account_sid', '=', accountSid)
    .compile()

export const findSipDomainByName = (domainName: string) =>
  sql.selectFrom('sip_domains').selectAll().where('domain_name', '=', domainName).compile()

/** All, or the one with this sid. */
export const selectSipDomains = (sid?: string) => {
  const all = sql.selectFrom('sip_domains').selectAll()
  return (sid === undefined ? all : all.where('sid', '=', sid)).compile()
}

export const insertSipMapping = (row: SipMappingRow) =>
  sql.insertInto('sip_mappings').values(row).compile()

type MappingKey = Pick<SipMappingRow, 'domain_sid' | 'purpose' | 'sid'>

export const deleteSipMapping = ({ domain_sid, purpose, sid }: MappingKey) =>
  sql
    .deleteFrom('sip_mappings')
    .where('domain_sid', '=', domain_sid)
    .where('purpose', '=', purpose)
    .where('sid', '=', sid)
    .compile()

export const findSipMapping = ({ domain_sid, purpose, sid }: MappingKey) =>
  sql
    .selectFrom('sip_mappings')
    .selectAll()
    .where('domain_sid', '=', domain_sid)
    .where('purpose', '=', purpose)
    .where('sid', '=', sid)
    .compile()

/** Of all domains, or of one. */
export const selectSipMappings = (domainSid?: string) => {
  const all = sql.selectFrom('sip_mappings').selectAll()
  return (domainSid === undefined ? all : all.where('domain_sid', '=', domainSid)).compile()
}

/** A domain that uses the list, if any does. */
export const findDomainOfSipList = (listSid: string) =>
  sql.selectFrom('sip_mappings').select('domain_sid').where('sid', '=', listSid).limit(1).compile()
