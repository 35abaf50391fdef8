import type {
  CustomerTrunkRow,
  NumberRow,
  OriginationUrlRow,
  SipListRow,
  SipMappingRow,
} from '../../store/schema.js'
import { presentNumber } from './number.js'

const parts = [
  ['credential_lists', 'CredentialLists'],
  ['ip_access_control_lists', 'IpAccessControlLists'],
  ['origination_urls', 'OriginationUrls'],
  ['phone_numbers', 'PhoneNumbers'],
  ['recording', 'Recording'],
] as const

/** ISO 8601 to the second, as v1 has its times. */
function iso8601(timeMs: number): string {
  return new Date(timeMs).toISOString().replace(/\.\d+Z$/, 'Z')
}

function trunkUrl(baseUrl: string, sid: string): string {
  return `${baseUrl}/v1/Trunks/${sid}`
}

/** `authType`: IP_ACL, CREDENTIAL_LIST, both with a comma, or empty. */
export function presentTrunk(row: CustomerTrunkRow, authType: string, baseUrl: string) {
  const url = trunkUrl(baseUrl, row.sid)
  return {
    account_sid: row.account_sid,
    auth_type: authType,
    auth_type_set: authType === '' ? [] : authType.split(','),
    cnam_lookup_enabled: row.cnam_lookup_enabled === 1,
    date_created: iso8601(row.created_ms),
    date_updated: iso8601(row.updated_ms),
    disaster_recovery_method: row.disaster_recovery_method,
    disaster_recovery_url: row.disaster_recovery_url === '' ? null : row.disaster_recovery_url,
    domain_name: row.domain_name,
    friendly_name: row.friendly_name,
    links: Object.fromEntries(parts.map(([key, path]) => [key, `${url}/${path}`])),
    recording: presentTrunkRecording(row),
    secure: row.secure === 1,
    sid: row.sid,
    // Media always goes back to where it comes from when that is not where its description says.
    symmetric_rtp_enabled: true,
    transfer_caller_id: row.transfer_caller_id,
    transfer_mode: row.transfer_mode,
    url,
  }
}

export function presentTrunkRecording(row: CustomerTrunkRow) {
  return { mode: row.recording_mode, trim: row.recording_trim }
}

export function presentOriginationUrl(row: OriginationUrlRow, baseUrl: string) {
  return {
    account_sid: row.account_sid,
    date_created: iso8601(row.created_ms),
    date_updated: iso8601(row.updated_ms),
    enabled: row.enabled === 1,
    friendly_name: row.friendly_name,
    priority: row.priority,
    sid: row.sid,
    sip_url: row.sip_url,
    trunk_sid: row.trunk_sid,
    url: `${trunkUrl(baseUrl, row.trunk_sid)}/OriginationUrls/${row.sid}`,
    weight: row.weight,
  }
}

/** A list that says who may call through the trunk; `collection`: CredentialLists, and the like. */
export function presentTrunkList(
  row: SipMappingRow,
  list: SipListRow | undefined,
  collection: string,
  baseUrl: string,
) {
  return {
    account_sid: row.account_sid,
    date_created: iso8601(row.created_ms),
    date_updated: iso8601(row.updated_ms),
    friendly_name: list?.friendly_name ?? null,
    sid: row.sid,
    trunk_sid: row.domain_sid,
    url: `${trunkUrl(baseUrl, row.domain_sid)}/${collection}/${row.sid}`,
  }
}

/** The keys that v1 has of a number. */
const numberKeys = [
  ...['account_sid', 'address_requirements', 'api_version', 'beta', 'capabilities'],
  ...['friendly_name', 'phone_number', 'sid', 'sms_application_sid', 'sms_fallback_method'],
  ...['sms_fallback_url', 'sms_method', 'sms_url', 'status_callback', 'status_callback_method'],
  ...['trunk_sid', 'voice_application_sid', 'voice_caller_id_lookup', 'voice_fallback_method'],
  ...['voice_fallback_url', 'voice_method', 'voice_url'],
]

export function presentTrunkNumber(row: NumberRow, baseUrl: string) {
  const shown = Object.entries(presentNumber(row)).filter(([key]) => numberKeys.includes(key))
  const url = trunkUrl(baseUrl, row.trunk_sid ?? '')
  return {
    ...Object.fromEntries(shown),
    date_created: iso8601(row.created_ms),
    date_updated: iso8601(row.updated_ms),
    links: { phone_number: `${baseUrl}${presentNumber(row).uri}` },
    url: `${url}/PhoneNumbers/${row.sid}`,
  }
}
