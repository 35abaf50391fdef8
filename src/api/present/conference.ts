import type { ConferenceRow } from '../../store/schema.js'
import { accountPath, rfc2822, subresources } from './format.js'

const parts = [
  ['participants', 'Participants'],
  ['recordings', 'Recordings'],
] as const

/** A conference as REST shows it; there is one region. */
export function presentConference(row: ConferenceRow) {
  const path = conferencePath(row.account_sid, row.sid)
  return {
    account_sid: row.account_sid,
    api_version: '2010-04-01',
    call_sid_ending_conference: row.call_sid_ending,
    date_created: rfc2822(row.created_ms),
    date_updated: rfc2822(row.updated_ms),
    friendly_name: row.friendly_name,
    reason_conference_ended: row.reason_ended,
    region: 'us1',
    sid: row.sid,
    status: row.status,
    subresource_uris: subresources(path, parts),
    uri: `${path}.json`,
  }
}

export function conferencePath(accountSid: string, conferenceSid: string): string {
  return `${accountPath(accountSid)}/Conferences/${conferenceSid}`
}
