import { sql as raw, type Updateable } from 'kysely'
import type { ApplicationRow } from './schema.js'
import { sql } from './store.js'

export const insertApplication = (row: ApplicationRow) =>
  sql.insertInto('applications').values(row).compile()

export const updateApplication = (sid: string, change: Updateable<ApplicationRow>) =>
  sql.updateTable('applications').set(change).where('sid', '=', sid).compile()

export const deleteApplication = (sid: string) =>
  sql.deleteFrom('applications').where('sid', '=', sid).compile()

/** Numbers that name the application name none, for calls and for messages. */
export const forgetApplication = (accountSid: string, sid: string) =>
  sql
    .updateTable('incoming_phone_numbers')
    .set({ extras: raw<string>`replace(extras, ${`:"${sid}"`}, ${':""'})` })
    .where('account_sid', '=', accountSid)
    .where('extras', 'like', `%:"${sid}"%`)
    .compile()

export const findApplication = (accountSid: string, sid: string) =>
  sql
    .selectFrom('applications')
    .selectAll()
    .where('sid', '=', sid)
    .where('account_sid', '=', accountSid)
    .compile()

export const countApplications = (accountSid: string) =>
  sql
    .selectFrom('applications')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .where('account_sid', '=', accountSid)
    .compile()
