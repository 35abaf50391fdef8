import type { OutgoingCallerIdRow } from '../../store/schema.js'
import { accountPath, rfc2822 } from './format.js'

export function presentCallerId(row: OutgoingCallerIdRow) {
  return {
    account_sid: row.account_sid,
    date_created: rfc2822(row.created_ms),
    date_updated: rfc2822(row.updated_ms),
    friendly_name: row.friendly_name,
    phone_number: row.phone_number,
    sid: row.sid,
    uri: `${accountPath(row.account_sid)}/OutgoingCallerIds/${row.sid}.json`,
  }
}
