import type { CallQueue } from '../../call/queue.js'
import type { QueueMember } from '../../call/queue-member.js'
import type { QueueRow } from '../../store/schema.js'
import { rfc2822 } from './format.js'

/** `live`: who waits in it; undefined: nobody. */
export function presentQueue(row: QueueRow, live: CallQueue | undefined, nowMs: number) {
  return {
    account_sid: row.account_sid,
    average_wait_time: Math.floor((live?.averageWaitMs(nowMs) ?? 0) / 1000),
    current_size: live?.members.length ?? 0,
    date_created: rfc2822(row.created_ms),
    date_updated: rfc2822(row.updated_ms),
    friendly_name: row.friendly_name,
    max_size: row.size_max,
    sid: row.sid,
    uri: `/2010-04-01/Accounts/${row.account_sid}/Queues/${row.sid}.json`,
  }
}

export function presentMember(
  { record: { sid, accountSid } }: CallQueue,
  { call, enqueuedMs }: QueueMember,
  position: number,
  nowMs: number,
) {
  return {
    call_sid: call.sid,
    date_enqueued: rfc2822(enqueuedMs),
    position,
    queue_sid: sid,
    uri: `/2010-04-01/Accounts/${accountSid}/Queues/${sid}/Members/${call.sid}.json`,
    wait_time: Math.floor((nowMs - enqueuedMs) / 1000),
  }
}
