import type { SipDomainRow, SipListRow, SipMappingRow } from '../../store/schema.js'
import { accountPath, rfc2822, subresources } from './format.js'

/** Settings that are kept and shown and have no effect yet, with what they are at first. */
export const sipDomainExtras = {
  byoc_trunk_sid: null,
  emergency_caller_sid: null,
  emergency_calling_enabled: false,
} as const

const parts = [
  ['credential_list_mappings', 'CredentialListMappings'],
  ['ip_access_control_list_mappings', 'IpAccessControlListMappings'],
] as const

/** `authType`: IP_ACL, CREDENTIAL_LIST, both with a comma, or empty. */
export function presentSipDomain(row: SipDomainRow, authType: string) {
  const path = sipDomainPath(row.account_sid, row.sid)
  return {
    account_sid: row.account_sid,
    api_version: '2010-04-01',
    auth_type: authType,
    date_created: rfc2822(row.created_ms),
    date_updated: rfc2822(row.updated_ms),
    domain_name: row.domain_name,
    friendly_name: row.friendly_name,
    secure: row.secure === 1,
    sid: row.sid,
    sip_registration: row.sip_registration === 1,
    subresource_uris: subresources(path, parts),
    uri: `${path}.json`,
    voice_fallback_method: row.voice_fallback_method,
    voice_fallback_url: row.voice_fallback_url,
    voice_method: row.voice_method,
    voice_status_callback_method: row.voice_status_callback_method,
    voice_status_callback_url: row.voice_status_callback_url,
    voice_url: row.voice_url,
    ...sipDomainExtras,
    ...(JSON.parse(row.extras) as object),
  }
}

/** `place`: below the domain; the mappings below Auth have no `uri` (contract). */
export function presentSipMapping(row: SipMappingRow, list: SipListRow | undefined, place: string) {
  const shown = {
    account_sid: row.account_sid,
    date_created: rfc2822(row.created_ms),
    date_updated: rfc2822(row.updated_ms),
    friendly_name: list?.friendly_name ?? null,
    sid: row.sid,
  }
  if (place.startsWith('Auth/')) return shown
  const uri = `${sipDomainPath(row.account_sid, row.domain_sid)}/${place}/${row.sid}.json`
  return { ...shown, domain_sid: row.domain_sid, uri }
}

function sipDomainPath(accountSid: string, sid: string): string {
  return `${accountPath(accountSid)}/SIP/Domains/${sid}`
}
