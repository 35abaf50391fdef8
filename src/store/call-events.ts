import { CompiledQuery, sql as raw } from 'kysely'
import type { CallEvent, CallEventRow } from './schema.js'
import { sql } from './store.js'

const insertText =
  'insert into call_events (sid, call_sid, event, created_ms) select ?, ?, ?, ? ' +
  'where exists (select 1 from calls where sid = ?)'

/** Nothing happens when the call was deleted meanwhile: nobody would ever delete its events. */
export function insertCallEvent(row: CallEventRow): CompiledQuery<unknown> {
  const { sid, call_sid, event, created_ms } = row
  return CompiledQuery.raw(insertText, [sid, call_sid, event, created_ms, call_sid])
}

export function callEvent(row: CallEventRow): CallEvent {
  return JSON.parse(row.event) as CallEvent
}

/** Keeps the latest `eventsMax` events of a call. */
export const trimCallEvents = (callSid: string, eventsMax: number) =>
  raw`delete from call_events where call_sid = ${callSid} and sid <= (
      select sid from call_events where call_sid = ${callSid}
      order by created_ms desc, sid desc limit 1 offset ${eventsMax})`.compile(sql)

export const deleteCallEvents = (callSid: string) =>
  sql.deleteFrom('call_events').where('call_sid', '=', callSid).compile()
