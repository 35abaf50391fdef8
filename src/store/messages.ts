import { sql as raw, type Updateable } from 'kysely'
import type { MessageRow } from './schema.js'
import { sql } from './store.js'

export const insertMessage = (row: MessageRow) => sql.insertInto('messages').values(row).compile()

/** Only while it has the status `was`. */
export const updateMessage = (sid: string, was: string, change: Updateable<MessageRow>) =>
  sql.updateTable('messages').set(change).where('sid', '=', sid).where('status', '=', was).compile()

/** The callback of a change that may have come too late: it is stored only if the change was made. */
export const insertMessageCallback = (
  row: {
    readonly id: string
    readonly messageSid: string
    readonly accountSid: string
    readonly url: string
    readonly parameters: string
    readonly createdMs: number
  },
  status: string,
) =>
  sql
    .insertInto('outbox')
    .columns([
      ...(['id', 'call_sid', 'account_sid', 'sequence', 'url', 'method'] as const),
      ...(['parameters', 'created_ms'] as const),
    ])
    .expression(
      sql
        .selectFrom('messages')
        .select([
          raw<string>`${row.id}`.as('id'),
          'sid',
          'account_sid',
          raw<number>`-1`.as('sequence'),
          raw<string>`${row.url}`.as('url'),
          raw<string>`'POST'`.as('method'),
          raw<string>`${row.parameters}`.as('parameters'),
          raw<number>`${row.createdMs}`.as('created_ms'),
        ])
        .where('sid', '=', row.messageSid)
        .where('status', '=', status),
    )
    .onConflict((conflict) => conflict.doNothing())
    .compile()

export const findMessage = (sid: string) =>
  sql.selectFrom('messages').selectAll().where('sid', '=', sid).compile()

export const deleteMessage = (sid: string) =>
  sql.deleteFrom('messages').where('sid', '=', sid).compile()

/** URLs by their place, which names a medium and so stays; null: it was deleted. */
export function mediaOf({
  media_urls,
}: Pick<MessageRow, 'media_urls'>): readonly (string | null)[] {
  return JSON.parse(media_urls)
}

/** Only while they are `was`. */
export const updateMessageMedia = (sid: string, was: string, urls: readonly (string | null)[]) =>
  sql
    .updateTable('messages')
    .set({ media_urls: JSON.stringify(urls) })
    .where('sid', '=', sid)
    .where('media_urls', '=', was)
    .compile()

/** What is told of its arrival; the first time stays. */
export const updateMessageFeedback = (sid: string, outcome: string, nowMs: number) =>
  sql
    .updateTable('messages')
    .set({
      feedback_outcome: outcome,
      feedback_created_ms: raw<number>`coalesce(feedback_created_ms, ${nowMs})`,
      feedback_updated_ms: nowMs,
    })
    .where('sid', '=', sid)
    .compile()

/** Those that wait to be sent and are due. */
export const selectDueMessages = (nowMs: number, limit: number) =>
  sql
    .selectFrom('messages')
    .selectAll()
    .where('status', 'in', ['queued', 'scheduled'])
    .where((where) => where.or([where('send_ms', 'is', null), where('send_ms', '<=', nowMs)]))
    .orderBy('created_ms')
    .limit(limit)
    .compile()
