import type { MessageCallback, MessageRecord } from '../message/message-record.js'
import type { MessageStore } from '../message/messages.js'
import {
  findMessage,
  insertMessage,
  insertMessageCallback,
  mediaOf,
  selectDueMessages,
  updateMessage,
} from '../store/messages.js'
import type { MessageRow } from '../store/schema.js'
import type { Store } from '../store/store.js'

/** Messages in the store; a change and the callback that it causes are one write. */
export function createMessageStore(store: Store, nowMs: () => number): MessageStore {
  const stored = (callbacks: readonly MessageCallback[], status: string) =>
    callbacks.map((callback) =>
      insertMessageCallback(
        {
          ...callback,
          parameters: JSON.stringify(callback.parameters),
          createdMs: nowMs(),
        },
        status,
      ),
    )
  const find = async (sid: string) => {
    const [row] = await store.read(findMessage(sid))
    return row && messageRecord(row)
  }
  return {
    find,
    insert: (message, callbacks) =>
      store.write([insertMessage(messageRow(message)), ...stored(callbacks, message.status)]),
    async update(message, was, callbacks) {
      const { status, to, body, errorCode = null, errorMessage = null, updatedMs } = message
      const change = {
        ...{ status, to, body, updated_ms: updatedMs },
        media_urls: JSON.stringify(message.mediaUrls),
        ...{ error_code: errorCode, error_message: errorMessage },
      }
      await store.write([updateMessage(message.sid, was, change), ...stored(callbacks, status)])
      const now = await find(message.sid)
      return now?.status === status && now.updatedMs === updatedMs
    },
    due: async (atMs, limit) =>
      (await store.read(selectDueMessages(atMs, limit))).map(messageRecord),
  }
}

export function messageRecord(row: MessageRow): MessageRecord {
  return {
    sid: row.sid,
    accountSid: row.account_sid,
    direction: row.direction as MessageRecord['direction'],
    from: row.from ?? undefined,
    to: row.to,
    messagingServiceSid: row.messaging_service_sid ?? undefined,
    body: row.body,
    mediaUrls: mediaOf(row).filter((url) => url !== null),
    segments: row.segments,
    statusCallback: row.status_callback ?? undefined,
    sendMs: row.send_ms ?? undefined,
    contentRetention: row.content_retention as MessageRecord['contentRetention'],
    addressRetention: row.address_retention as MessageRecord['addressRetention'],
    status: row.status as MessageRecord['status'],
    errorCode: row.error_code ?? undefined,
    errorMessage: row.error_message ?? undefined,
    createdMs: row.created_ms,
    updatedMs: row.updated_ms,
  }
}

function messageRow(message: MessageRecord): MessageRow {
  return {
    sid: message.sid,
    account_sid: message.accountSid,
    direction: message.direction,
    from: message.from ?? null,
    to: message.to,
    messaging_service_sid: message.messagingServiceSid ?? null,
    body: message.body,
    media_urls: JSON.stringify(message.mediaUrls),
    segments: message.segments,
    status_callback: message.statusCallback ?? null,
    send_ms: message.sendMs ?? null,
    content_retention: message.contentRetention,
    address_retention: message.addressRetention,
    ...{ feedback_outcome: null, feedback_created_ms: null, feedback_updated_ms: null },
    sent_ms: null,
    status: message.status,
    error_code: message.errorCode ?? null,
    error_message: message.errorMessage ?? null,
    created_ms: message.createdMs,
    updated_ms: message.updatedMs,
  }
}
