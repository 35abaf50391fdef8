import type { ConferenceRow, RecordingRow } from '../../store/schema.js'
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

/** A recording of a conference. */
export function presentConferenceRecording(row: RecordingRow) {
  const path = conferencePath(row.account_sid, row.conference_sid ?? '')
  return {
    account_sid: row.account_sid,
    api_version: '2010-04-01',
    call_sid: row.call_sid,
    channels: row.channels,
    conference_sid: row.conference_sid,
    date_created: rfc2822(row.created_ms),
    date_updated: rfc2822(row.updated_ms),
    duration: row.duration_ms === null ? null : String(Math.round(row.duration_ms / 1000)),
    encryption_details: null,
    error_code: row.error_code,
    price: null,
    price_unit: 'USD',
    sid: row.sid,
    source: row.source,
    start_time: rfc2822(row.start_ms),
    status: row.status,
    uri: `${path}/Recordings/${row.sid}.json`,
  }
}

export function conferencePath(accountSid: string, conferenceSid: string): string {
  return `${accountPath(accountSid)}/Conferences/${conferenceSid}`
}
