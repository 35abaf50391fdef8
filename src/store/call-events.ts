import { CompiledQuery, sql as raw } from 'kysely'
import type { CallEventRow } from './schema.js'
import { sql } from './store.js'

const columns = [
  ...(['sid', 'account_sid', 'call_sid', 'method', 'url', 'parameters', 'status'] as const),
  ...(['content_type', 'body', 'duration_ms', 'redirects', 'tries', 'is_cached'] as const),
  ...(['error_code', 'error_message', 'created_ms'] as const),
] satisfies readonly (keyof CallEventRow)[]

const insertText =
  `insert into call_events (${columns.join()}) select ${columns.map(() => '?').join()} ` +
  'where exists (select 1 from calls where sid = ?)'

/** Nothing happens when the call was deleted meanwhile: nobody would ever delete its events. */
export function insertCallEvent(row: CallEventRow): CompiledQuery<unknown> {
  return CompiledQuery.raw(insertText, [...columns.map((column) => row[column]), row.call_sid])
}

/** Keeps the latest `eventsMax` events of a call. */
export const trimCallEvents = (callSid: string, eventsMax: number) =>
  raw`delete from call_events where call_sid = ${callSid} and sid <= (
      select sid from call_events where call_sid = ${callSid}
      order by created_ms desc, sid desc limit 1 offset ${eventsMax})`.compile(sql)

export const deleteCallEvents = (callSid: string) =>
  sql.deleteFrom('call_events').where('call_sid', '=', callSid).compile()
