import type { AccountRow } from '../../store/schema.js'
import { accountPath, rfc2822, subresources } from './format.js'

const parts = [
  ['addresses', 'Addresses'],
  ['applications', 'Applications'],
  ['authorized_connect_apps', 'AuthorizedConnectApps'],
  ['available_phone_numbers', 'AvailablePhoneNumbers'],
  ['balance', 'Balance'],
  ['calls', 'Calls'],
  ['conferences', 'Conferences'],
  ['connect_apps', 'ConnectApps'],
  ['incoming_phone_numbers', 'IncomingPhoneNumbers'],
  ['keys', 'Keys'],
  ['messages', 'Messages'],
  ['notifications', 'Notifications'],
  ['outgoing_caller_ids', 'OutgoingCallerIds'],
  ['queues', 'Queues'],
  ['recordings', 'Recordings'],
  ['short_codes', 'SMS/ShortCodes'],
  ['signing_keys', 'SigningKeys'],
  ['sip', 'SIP'],
  ['transcriptions', 'Transcriptions'],
  ['usage', 'Usage'],
] as const

export function presentAccount(row: AccountRow, authToken: string) {
  const path = accountPath(row.sid)
  return {
    auth_token: authToken,
    date_created: rfc2822(row.created_ms),
    date_updated: rfc2822(row.updated_ms),
    friendly_name: row.friendly_name,
    owner_account_sid: row.owner_account_sid,
    sid: row.sid,
    status: row.status,
    subresource_uris: subresources(path, parts),
    type: row.type,
    uri: `${path}.json`,
  }
}
