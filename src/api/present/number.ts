import type { NumberRow } from '../../store/schema.js'
import { accountPath, rfc2822 } from './format.js'

/** Settings that are kept and shown and have no effect yet, with what they are at first. */
export const numberExtras = {
  address_sid: null,
  bundle_sid: null,
  emergency_address_sid: null,
  emergency_status: 'Inactive',
  identity_sid: null,
  sms_application_sid: '',
  sms_fallback_method: 'POST',
  sms_fallback_url: '',
  sms_method: 'POST',
  sms_url: '',
  voice_application_sid: '',
  voice_caller_id_lookup: false,
  voice_receive_mode: 'voice',
} as const

export function presentNumber(row: NumberRow) {
  return {
    account_sid: row.account_sid,
    address_requirements: 'none',
    api_version: '2010-04-01',
    beta: false,
    capabilities: { voice: true, sms: false, mms: false, fax: false },
    date_created: rfc2822(row.created_ms),
    date_updated: rfc2822(row.updated_ms),
    emergency_address_status: 'unregistered',
    friendly_name: row.friendly_name,
    origin: 'dialplane',
    phone_number: row.phone_number,
    sid: row.sid,
    status: 'in-use',
    status_callback: row.status_callback,
    status_callback_method: row.status_callback_method,
    type: 'local',
    uri: `${accountPath(row.account_sid)}/IncomingPhoneNumbers/${row.sid}.json`,
    voice_fallback_method: row.voice_fallback_method,
    voice_fallback_url: row.voice_fallback_url,
    voice_method: row.voice_method,
    voice_url: row.voice_url,
    ...numberExtras,
    ...(JSON.parse(row.extras) as object),
    trunk_sid: row.trunk_sid,
  }
}
