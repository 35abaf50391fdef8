import type { SipCredentialRow, SipIpAddressRow, SipListRow } from '../../store/schema.js'
import { accountPath, rfc2822, subresources } from './format.js'

/** A CredentialList or an IpAccessControlList; `entries`: its part, such as `Credentials`. */
export function presentSipList(row: SipListRow, collection: string, entries: string) {
  const path = `${accountPath(row.account_sid)}/SIP/${collection}/${row.sid}`
  const key = entries.replace(/(?!^)([A-Z])/g, '_$1').toLowerCase()
  return {
    account_sid: row.account_sid,
    date_created: rfc2822(row.created_ms),
    date_updated: rfc2822(row.updated_ms),
    friendly_name: row.friendly_name,
    sid: row.sid,
    subresource_uris: subresources(path, [[key, entries]]),
    uri: `${path}.json`,
  }
}

/** Never its password. */
export function presentSipCredential(row: SipCredentialRow) {
  const list = `${accountPath(row.account_sid)}/SIP/CredentialLists/${row.list_sid}`
  return {
    account_sid: row.account_sid,
    credential_list_sid: row.list_sid,
    date_created: rfc2822(row.created_ms),
    date_updated: rfc2822(row.updated_ms),
    sid: row.sid,
    uri: `${list}/Credentials/${row.sid}.json`,
    username: row.username,
  }
}

export function presentSipIpAddress(row: SipIpAddressRow) {
  const list = `${accountPath(row.account_sid)}/SIP/IpAccessControlLists/${row.list_sid}`
  return {
    account_sid: row.account_sid,
    cidr_prefix_length: row.cidr_prefix_length,
    date_created: rfc2822(row.created_ms),
    date_updated: rfc2822(row.updated_ms),
    friendly_name: row.friendly_name,
    ip_access_control_list_sid: row.list_sid,
    ip_address: row.ip_address,
    sid: row.sid,
    uri: `${list}/IpAddresses/${row.sid}.json`,
  }
}
