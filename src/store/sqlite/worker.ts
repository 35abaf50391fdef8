import { rmSync } from 'node:fs'
import { parentPort, workerData } from 'node:worker_threads'
import { migrations } from '../migrations.js'
import { openEngine, type SqliteEngine } from './engine.js'
import type { StoreReply, StoreRequest } from './protocol.js'

type WriteRequest = StoreRequest & { type: 'write' }

/** A store that is busy flushes to the disk no more often than this. */
const commitEveryMs = 5

/**
 * Owns the database file. Writes that arrive together share one transaction and one flush to the disk
 * (group commit): at once when the last flush is a while ago, so that who is alone does not wait. Each batch
 * is a savepoint, so that one that fails takes no other with it.
 */
function serve(engine: SqliteEngine, reply: (replies: readonly StoreReply[]) => void) {
  let waiting: WriteRequest[] = []
  let committedMs = 0
  const flush = () => {
    const group = waiting
    waiting = []
    if (group.length === 0) return
    const replies = commit(engine, group)
    committedMs = performance.now()
    reply(replies)
  }
  return (requests: readonly StoreRequest[]) => {
    const replies: StoreReply[] = []
    for (const request of requests) {
      if (request.type === 'write') {
        waiting.push(request)
        if (waiting.length > 1) continue
        const restMs = committedMs + commitEveryMs - performance.now()
        if (restMs > 0) setTimeout(flush, restMs)
        else setImmediate(flush)
      } else if (request.type === 'close') {
        flush()
        engine.close()
        reply([...replies, { id: request.id, ok: true }])
        process.exit(0)
      } else replies.push(read(engine, request))
    }
    if (replies.length > 0) reply(replies)
  }
}

function read(engine: SqliteEngine, request: StoreRequest & { type: 'read' }): StoreReply {
  try {
    const { sql, parameters } = request.statement
    return { id: request.id, ok: true, rows: engine.all(sql, parameters) }
  } catch (error) {
    return { id: request.id, ok: false, message: messageOf(error) }
  }
}

function commit(engine: SqliteEngine, group: readonly WriteRequest[]): StoreReply[] {
  try {
    engine.run('BEGIN IMMEDIATE')
    const replies = group.map((request) => apply(engine, request))
    engine.run('COMMIT')
    return replies
  } catch (error) {
    tryRollback(engine)
    return group.map(({ id }) => ({ id, ok: false, message: messageOf(error) }))
  }
}

function apply(engine: SqliteEngine, request: WriteRequest): StoreReply {
  engine.run('SAVEPOINT batch')
  try {
    for (const { sql, parameters } of request.batch) engine.run(sql, parameters)
    engine.run('RELEASE batch')
    return { id: request.id, ok: true }
  } catch (error) {
    engine.run('ROLLBACK TO batch')
    engine.run('RELEASE batch')
    return { id: request.id, ok: false, message: messageOf(error) }
  }
}

function tryRollback(engine: SqliteEngine): void {
  try {
    engine.run('ROLLBACK')
  } catch {
    // There was no transaction to roll back.
  }
}

function migrate(engine: SqliteEngine): void {
  engine.run('CREATE TABLE IF NOT EXISTS migrations (version INTEGER PRIMARY KEY)')
  const [row] = engine.all('SELECT COALESCE(MAX(version), 0) AS version FROM migrations', [])
  const done = Number((row as { version: number }).version)
  migrations.forEach((statements, index) => {
    const version = index + 1
    if (version <= done) return
    engine.run('BEGIN IMMEDIATE')
    for (const statement of statements) engine.run(statement)
    engine.run('INSERT INTO migrations (version) VALUES (?)', [version])
    engine.run('COMMIT')
  })
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

const { path } = workerData as { path: string }
// The data directory belongs to one process (see data-directory.ts), so a lock that is there is stale.
rmSync(`${path}.lock`, { recursive: true, force: true })
const engine = openEngine(path)
// FULL: a commit is on the disk before it is acknowledged, also with WAL.
engine.all('PRAGMA synchronous = FULL', [])
migrate(engine)
const handle = serve(engine, (replies) => parentPort?.postMessage(replies))
parentPort?.on('message', handle)
parentPort?.postMessage([{ id: 0, ok: true, rows: [engine.name] }] satisfies StoreReply[])
