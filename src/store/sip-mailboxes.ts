import type { SipMailboxRow } from './schema.js'
import { sql } from './store.js'

export const putSipMailbox = (row: SipMailboxRow) => {
  const { address_of_record, ...change } = row
  return sql
    .insertInto('sip_mailboxes')
    .values(row)
    .onConflict((conflict) => conflict.column('address_of_record').doUpdateSet(change))
    .compile()
}

export const findSipMailbox = (addressOfRecord: string) =>
  sql
    .selectFrom('sip_mailboxes')
    .selectAll()
    .where('address_of_record', '=', addressOfRecord)
    .compile()

export const deleteSipMailbox = (addressOfRecord: string) =>
  sql.deleteFrom('sip_mailboxes').where('address_of_record', '=', addressOfRecord).compile()

export const countSipMailboxes = () =>
  sql
    .selectFrom('sip_mailboxes')
    .select((select) => select.fn.countAll<number>().as('count'))
    .compile()
