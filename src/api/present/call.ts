import { durationSeconds } from '../../call/call-record.js'
import type { CallRow } from '../../store/schema.js'
import { accountPath, formatted, rfc2822, subresources } from './format.js'

const parts = [
  ['events', 'Events'],
  ['notifications', 'Notifications'],
  ['payments', 'Payments'],
  ['recordings', 'Recordings'],
  ['siprec', 'Siprec'],
  ['streams', 'Streams'],
  ['transcriptions', 'Transcriptions'],
  ['user_defined_message_subscriptions', 'UserDefinedMessageSubscriptions'],
  ['user_defined_messages', 'UserDefinedMessages'],
] as const

/** A call as REST shows it; what is not known yet is null (checklist F18). */
export function presentCall(row: CallRow) {
  const path = `${accountPath(row.account_sid)}/Calls/${row.sid}`
  const { trunkSid = null } = JSON.parse(row.settings) as { readonly trunkSid?: string }
  const seconds = durationSeconds({
    startMs: row.start_ms ?? undefined,
    endMs: row.end_ms ?? undefined,
  })
  return {
    account_sid: row.account_sid,
    answered_by: row.answered_by,
    api_version: '2010-04-01',
    caller_name: row.caller_name,
    date_created: rfc2822(row.created_ms),
    date_updated: rfc2822(row.updated_ms),
    direction: row.direction,
    duration: seconds === undefined ? null : String(seconds),
    end_time: rfc2822(row.end_ms),
    forwarded_from: row.forwarded_from,
    from: row.from,
    from_formatted: formatted(row.from),
    group_sid: null,
    parent_call_sid: row.parent_call_sid,
    phone_number_sid: row.phone_number_sid,
    price: null,
    price_unit: 'USD',
    queue_time: '0',
    sid: row.sid,
    start_time: rfc2822(row.start_ms),
    // `initiated` is an event and the state of a dialled leg, not a REST status (2F.2).
    status: row.status === 'initiated' ? 'queued' : row.status,
    subresource_uris: subresources(path, parts),
    to: row.to,
    to_formatted: formatted(row.to),
    trunk_sid: trunkSid,
    uri: `${path}.json`,
  }
}
