import type { Updateable } from 'kysely'
import type { QueueRow } from './schema.js'
import { sql } from './store.js'

export const insertQueue = (row: QueueRow) => sql.insertInto('queues').values(row).compile()

export const updateQueue = (sid: string, change: Updateable<QueueRow>) =>
  sql.updateTable('queues').set(change).where('sid', '=', sid).compile()

export const deleteQueue = (sid: string) =>
  sql.deleteFrom('queues').where('sid', '=', sid).compile()

export const findQueue = (accountSid: string, sid: string) =>
  sql
    .selectFrom('queues')
    .selectAll()
    .where('sid', '=', sid)
    .where('account_sid', '=', accountSid)
    .compile()

export const findQueueByName = (accountSid: string, friendlyName: string) =>
  sql
    .selectFrom('queues')
    .selectAll()
    .where('account_sid', '=', accountSid)
    .where('friendly_name', '=', friendlyName)
    .compile()

export const countQueues = (accountSid: string) =>
  sql
    .selectFrom('queues')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .where('account_sid', '=', accountSid)
    .compile()
