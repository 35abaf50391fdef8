import type { QueueRecord, QueueStore } from '../call/queue-record.js'
import * as queues from '../store/queues.js'
import type { QueueRow } from '../store/schema.js'
import type { Store } from '../store/store.js'

export function createQueueStore(store: Store): QueueStore {
  return {
    async findQueue(accountSid, friendlyName) {
      const [row] = await store.read(queues.findQueueByName(accountSid, friendlyName))
      return row && queueRecord(row)
    },
    insertQueue: (queue) => store.write([queues.insertQueue(queueRow(queue))]),
    async countQueues(accountSid) {
      const [counted] = await store.read(queues.countQueues(accountSid))
      return counted?.count ?? 0
    },
  }
}

function queueRecord(row: QueueRow): QueueRecord {
  return {
    sid: row.sid,
    accountSid: row.account_sid,
    friendlyName: row.friendly_name,
    sizeMax: row.size_max,
    createdMs: row.created_ms,
    updatedMs: row.updated_ms,
  }
}

function queueRow(queue: QueueRecord): QueueRow {
  return {
    sid: queue.sid,
    account_sid: queue.accountSid,
    friendly_name: queue.friendlyName,
    size_max: queue.sizeMax,
    created_ms: queue.createdMs,
    updated_ms: queue.updatedMs,
  }
}
