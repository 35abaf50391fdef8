import type { CompiledQuery, Updateable } from 'kysely'
import type { OutgoingCallerIdRow } from './schema.js'
import { sql } from './store.js'

export const insertCallerId = (row: OutgoingCallerIdRow) =>
  sql.insertInto('outgoing_caller_ids').values(row).compile()

export const updateCallerId = (sid: string, change: Updateable<OutgoingCallerIdRow>) =>
  sql.updateTable('outgoing_caller_ids').set(change).where('sid', '=', sid).compile()

export const deleteCallerId = (sid: string) =>
  sql.deleteFrom('outgoing_caller_ids').where('sid', '=', sid).compile()

export const findCallerId = (accountSid: string, sid: string) =>
  sql
    .selectFrom('outgoing_caller_ids')
    .selectAll()
    .where('sid', '=', sid)
    .where('account_sid', '=', accountSid)
    .compile()

export const findCallerIdByPhone = (accountSid: string, phoneNumber: string) =>
  sql
    .selectFrom('outgoing_caller_ids')
    .selectAll()
    .where('account_sid', '=', accountSid)
    .where('phone_number', '=', phoneNumber)
    .compile()

export const countCallerIds = (accountSid: string) =>
  sql
    .selectFrom('outgoing_caller_ids')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .where('account_sid', '=', accountSid)
    .compile()

/** The number that an account has had for the longest time. */
export const findFirstNumber = (accountSid: string) =>
  sql
    .selectFrom('incoming_phone_numbers')
    .select('phone_number')
    .where('account_sid', '=', accountSid)
    .orderBy('created_ms')
    .orderBy('sid')
    .limit(1)
    .compile()

const callerNumber = sql
  .selectFrom('incoming_phone_numbers')
  .select('sid')
  .where('phone_number', '=', '')
  .where('account_sid', '=', '')
  .unionAll(
    sql
      .selectFrom('outgoing_caller_ids')
      .select('sid')
      .where('phone_number', '=', '')
      .where('account_sid', '=', ''),
  )
  .compile()

/** What lets an account call from this number; asked for each outgoing call, so it is built once. */
export const findCallerNumber = (
  accountSid: string,
  phoneNumber: string,
): CompiledQuery<Pick<OutgoingCallerIdRow, 'sid'>> => ({
  ...callerNumber,
  parameters: [phoneNumber, accountSid, phoneNumber, accountSid],
})
