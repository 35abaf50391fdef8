import { type MessageRecord, shownTo } from '../../message/message-record.js'
import { mediaOf } from '../../store/messages.js'
import type { MessageRow } from '../../store/schema.js'
import { accountPath, rfc2822, subresources } from './format.js'

const media = ['media', 'Media'] as const
const feedback = ['feedback', 'Feedback'] as const

export function presentMessage(row: MessageRow) {
  const path = `${accountPath(row.account_sid)}/Messages/${row.sid}`
  // How it arrived cannot be told before it was sent.
  const isWaiting = ['queued', 'scheduled'].includes(row.status)
  return {
    account_sid: row.account_sid,
    api_version: '2010-04-01',
    body: row.body,
    date_created: rfc2822(row.created_ms),
    date_sent: rfc2822(row.sent_ms),
    date_updated: rfc2822(row.updated_ms),
    direction: row.direction,
    error_code: row.error_code,
    error_message: row.error_message,
    from: row.from,
    messaging_service_sid: row.messaging_service_sid,
    num_media: String(mediaOf(row).filter((url) => url !== null).length),
    num_segments: String(row.segments),
    price: null,
    price_unit: 'USD',
    sid: row.sid,
    status: row.status,
    subresource_uris: subresources(path, isWaiting ? [media] : [feedback, media]),
    to: shownTo({
      to: row.to,
      addressRetention: row.address_retention as MessageRecord['addressRetention'],
    }),
    uri: `${path}.json`,
  }
}

/** What kind it is is not known: it is not fetched. */
export function presentMedium(row: MessageRow, sid: string) {
  return {
    account_sid: row.account_sid,
    content_type: null,
    date_created: rfc2822(row.created_ms),
    date_updated: rfc2822(row.created_ms),
    parent_sid: row.sid,
    sid,
    uri: `${accountPath(row.account_sid)}/Messages/${row.sid}/Media/${sid}.json`,
  }
}

export function presentFeedback(row: MessageRow) {
  return {
    account_sid: row.account_sid,
    date_created: rfc2822(row.feedback_created_ms),
    date_updated: rfc2822(row.feedback_updated_ms),
    message_sid: row.sid,
    outcome: row.feedback_outcome,
    uri: `${accountPath(row.account_sid)}/Messages/${row.sid}/Feedback.json`,
  }
}
