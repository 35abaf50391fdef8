import type { RecordingRow } from '../../store/schema.js'
import { conferencePath } from './conference.js'
import { accountPath, rfc2822, subresources } from './format.js'

const parts = [
  ['add_on_results', 'AddOnResults'],
  ['transcriptions', 'Transcriptions'],
] as const

/** What a recording is wherever it is shown. */
function factsOf(row: RecordingRow) {
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
  }
}

export function presentRecording(row: RecordingRow, baseUrl: string) {
  const path = `${accountPath(row.account_sid)}/Recordings/${row.sid}`
  const facts = factsOf(row)
  return {
    ...facts,
    // "-1" tells that the length is not known yet.
    duration: facts.duration ?? '-1',
    media_url: `${baseUrl}${path}`,
    subresource_uris: subresources(path, parts),
    uri: `${path}.json`,
  }
}

/** A recording under its call. */
export function presentCallRecording(row: RecordingRow) {
  return {
    ...factsOf(row),
    price_unit: null,
    track: row.track,
    uri: `${accountPath(row.account_sid)}/Calls/${row.call_sid}/Recordings/${row.sid}.json`,
  }
}

/** A recording under its conference. */
export function presentConferenceRecording(row: RecordingRow) {
  const path = conferencePath(row.account_sid, row.conference_sid ?? '')
  return { ...factsOf(row), uri: `${path}/Recordings/${row.sid}.json` }
}
