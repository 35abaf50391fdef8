import { type CompiledQuery, sql as raw, type Updateable } from 'kysely'
import type { CallRow, OutboxRow, RecordingRow } from './schema.js'
import { sql } from './store.js'

/** Statuses of a call that is not over. */
export const aliveStatuses = ['queued', 'initiated', 'ringing', 'in-progress']

/**
 * Statements by what makes their text: building one costs more than all else that a write costs this
 * thread, and each call needs the same few.
 */
const built = new Map<string, CompiledQuery<unknown>>()

function reused(
  key: string,
  parameters: readonly unknown[],
  build: () => CompiledQuery<unknown>,
): CompiledQuery<unknown> {
  const known = built.get(key) ?? build()
  built.set(key, known)
  return { ...known, parameters }
}

/** The columns of a row as a key; those that are left out are not in the statement. */
function columnsOf(row: object): { readonly key: string; readonly values: readonly unknown[] } {
  const entries = Object.entries(row).filter(([, value]) => value !== undefined)
  return { key: entries.map(([name]) => name).join(), values: entries.map(([, value]) => value) }
}

export const insertCall = (row: CallRow) => {
  const { key, values } = columnsOf(row)
  return reused(`insert ${key}`, values, () => sql.insertInto('calls').values(row).compile())
}

export const updateCall = (sid: string, change: Updateable<CallRow>) => {
  const { key, values } = columnsOf(change)
  return reused(`update ${key}`, [...values, sid], () =>
    sql.updateTable('calls').set(change).where('sid', '=', sid).compile(),
  )
}

export const findCall = (accountSid: string, sid: string) =>
  sql
    .selectFrom('calls')
    .selectAll()
    .where('sid', '=', sid)
    .where('account_sid', '=', accountSid)
    .compile()

export const deleteCall = (sid: string) => sql.deleteFrom('calls').where('sid', '=', sid).compile()

export const selectAliveCalls = () =>
  sql.selectFrom('calls').selectAll().where('status', 'in', aliveStatuses).compile()

export const insertRecording = (row: RecordingRow) =>
  sql.insertInto('recordings').values(row).compile()

export const updateRecording = (sid: string, change: Updateable<RecordingRow>) =>
  sql.updateTable('recordings').set(change).where('sid', '=', sid).compile()

/** The one of a call that was begun last and still runs. */
export const findRunningRecording = (callSid: string) =>
  sql
    .selectFrom('recordings')
    .selectAll()
    .where('call_sid', '=', callSid)
    .where('conference_sid', 'is', null)
    .where('status', 'in', ['in-progress', 'paused'])
    .orderBy('created_ms', 'desc')
    .limit(1)
    .compile()

export const findRecording = (sid: string) =>
  sql.selectFrom('recordings').selectAll().where('sid', '=', sid).compile()

export const deleteRecording = (sid: string) =>
  sql.deleteFrom('recordings').where('sid', '=', sid).compile()

export const selectOpenRecordings = () =>
  sql
    .selectFrom('recordings')
    .selectAll()
    .where('status', 'in', ['in-progress', 'paused'])
    .compile()

export const putSnapshot = (callSid: string, state: string, nowMs: number) =>
  reused('put snapshot', [callSid, state, nowMs, state, nowMs], () =>
    sql
      .insertInto('snapshots')
      .values({ call_sid: callSid, state, updated_ms: nowMs })
      .onConflict((conflict) =>
        conflict.column('call_sid').doUpdateSet({ state, updated_ms: nowMs }),
      )
      .compile(),
  )

export const deleteSnapshot = (callSid: string) =>
  reused('delete snapshot', [callSid], () =>
    sql.deleteFrom('snapshots').where('call_sid', '=', callSid).compile(),
  )

export const deleteAllSnapshots = () => sql.deleteFrom('snapshots').compile()

export const insertOutbox = (rows: readonly OutboxRow[]) =>
  sql
    .insertInto('outbox')
    .values(rows as OutboxRow[])
    .compile()

export const deleteOutbox = (id: string) => sql.deleteFrom('outbox').where('id', '=', id).compile()

/** Calls that have callbacks to be sent. */
export const selectCallsOfOutbox = () =>
  sql.selectFrom('outbox').select('call_sid').distinct().compile()

/** Callbacks of a call that wait to be sent, in the order in which they were stored. */
export const selectOutbox = (callSid: string, limit: number) =>
  sql
    .selectFrom('outbox')
    .selectAll()
    .where('call_sid', '=', callSid)
    // Not by time: the clock may be set back.
    .orderBy(raw`rowid`)
    .limit(limit)
    .compile()
