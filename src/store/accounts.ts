import type { CompiledQuery, Updateable } from 'kysely'
import type { AccountRow, NumberRow } from './schema.js'
import { sql } from './store.js'

export const insertAccount = (row: AccountRow) => sql.insertInto('accounts').values(row).compile()

export const findAccount = (sid: string) =>
  sql.selectFrom('accounts').selectAll().where('sid', '=', sid).compile()

export const selectAccounts = () =>
  sql.selectFrom('accounts').selectAll().orderBy('created_ms').compile()

export const updateAccount = (sid: string, change: Updateable<AccountRow>) =>
  sql.updateTable('accounts').set(change).where('sid', '=', sid).compile()

export const insertNumber = (row: NumberRow) =>
  sql.insertInto('incoming_phone_numbers').values(row).compile()

export const updateNumber = (sid: string, change: Updateable<NumberRow>) =>
  sql.updateTable('incoming_phone_numbers').set(change).where('sid', '=', sid).compile()

export const deleteNumber = (sid: string) =>
  sql.deleteFrom('incoming_phone_numbers').where('sid', '=', sid).compile()

export const findNumber = (accountSid: string, sid: string) =>
  sql
    .selectFrom('incoming_phone_numbers')
    .selectAll()
    .where('sid', '=', sid)
    .where('account_sid', '=', accountSid)
    .compile()

const numberByPhone = sql
  .selectFrom('incoming_phone_numbers')
  .selectAll()
  .where('phone_number', '=', '')
  .compile()

/** Asked for each incoming call, so it is built once. */
export const findNumberByPhone = (phoneNumber: string): CompiledQuery<NumberRow> => ({
  ...numberByPhone,
  parameters: [phoneNumber],
})
