import type { ApplicationRow } from '../../store/schema.js'
import { accountPath, rfc2822 } from './format.js'

/** Settings without a column of their own, with what they are at first; docs/rest.md says which have effect. */
export const applicationExtras = {
  message_status_callback: '',
  public_application_connect_enabled: false,
  sms_fallback_method: 'POST',
  sms_fallback_url: '',
  sms_method: 'POST',
  sms_status_callback: '',
  sms_url: '',
  voice_caller_id_lookup: false,
} as const

export function presentApplication(row: ApplicationRow) {
  return {
    account_sid: row.account_sid,
    api_version: '2010-04-01',
    date_created: rfc2822(row.created_ms),
    date_updated: rfc2822(row.updated_ms),
    friendly_name: row.friendly_name,
    sid: row.sid,
    status_callback: row.status_callback,
    status_callback_method: row.status_callback_method,
    uri: `${accountPath(row.account_sid)}/Applications/${row.sid}.json`,
    voice_fallback_method: row.voice_fallback_method,
    voice_fallback_url: row.voice_fallback_url,
    voice_method: row.voice_method,
    voice_url: row.voice_url,
    ...applicationExtras,
    ...(JSON.parse(row.extras) as object),
  }
}
