import type { CompiledQuery } from 'kysely'
import type { SipBindingRow } from './schema.js'
import { sql } from './store.js'

/** Puts these rows in the place of all bindings of the address of record. */
export function replaceBindings(
  addressOfRecord: string,
  rows: readonly SipBindingRow[],
): CompiledQuery<unknown>[] {
  const removal = sql
    .deleteFrom('sip_bindings')
    .where('address_of_record', '=', addressOfRecord)
    .compile()
  if (rows.length === 0) return [removal]
  return [
    removal,
    sql
      .insertInto('sip_bindings')
      .values(rows as SipBindingRow[])
      .compile(),
  ]
}

export const selectBindings = () =>
  sql
    .selectFrom('sip_bindings')
    .selectAll()
    .orderBy('address_of_record')
    .orderBy('position')
    .compile()
