import type { Updateable } from 'kysely'
import type { ConferenceRow } from './schema.js'
import { sql } from './store.js'

export const insertConference = (row: ConferenceRow) =>
  sql.insertInto('conferences').values(row).compile()

export const updateConference = (sid: string, change: Updateable<ConferenceRow>) =>
  sql.updateTable('conferences').set(change).where('sid', '=', sid).compile()

export const findConference = (accountSid: string, sid: string) =>
  sql
    .selectFrom('conferences')
    .selectAll()
    .where('sid', '=', sid)
    .where('account_sid', '=', accountSid)
    .compile()

/** Those that are not over, whose router may be. */
export const selectOpenConferences = () =>
  sql.selectFrom('conferences').selectAll().where('status', 'in', ['init', 'in-progress']).compile()
