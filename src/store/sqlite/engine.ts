import { createRequire } from 'node:module'

export type SqlValue = null | number | string | bigint | Uint8Array

/** What the worker needs of a SQLite library. */
export interface SqliteEngine {
  readonly name: string
  run(sql: string, parameters?: readonly SqlValue[]): void
  all(sql: string, parameters: readonly SqlValue[]): unknown[]
  close(): void
}

interface Prepared {
  run(...parameters: SqlValue[]): unknown
  all(...parameters: SqlValue[]): unknown[]
}

const statementsMax = 200
const require = createRequire(import.meta.url)

/** The libraries by name, best first. Each opener throws when its library does not work here. */
export const engineOpeners: { readonly [name: string]: (path: string) => SqliteEngine } = {
  'node:sqlite': openNodeSqlite,
  'better-sqlite3': openBetterSqlite,
  'node-sqlite3-wasm': openWasmSqlite,
}

/** Opens with the first library that works here: node:sqlite, better-sqlite3, node-sqlite3-wasm. */
export function openEngine(path: string): SqliteEngine {
  const problems: string[] = []
  for (const open of Object.values(engineOpeners)) {
    try {
      return open(path)
    } catch (error) {
      problems.push(
        error instanceof Error ? (error.message.split('\n', 1)[0] ?? '') : String(error),
      )
    }
  }
  throw new Error(`No SQLite library could open ${path}: ${problems.join('; ')}`)
}

function openNodeSqlite(path: string): SqliteEngine {
  const { DatabaseSync } = require('node:sqlite') as {
    DatabaseSync: new (path: string) => { prepare(sql: string): Prepared; close(): void }
  }
  const database = new DatabaseSync(path)
  return preparing('node:sqlite', database)
}

function openBetterSqlite(path: string): SqliteEngine {
  const Database = require('better-sqlite3') as typeof import('better-sqlite3')
  const database = new Database(path)
  return preparing('better-sqlite3', {
    prepare: (sql) => {
      const statement = database.prepare(sql)
      return {
        run: (...parameters) => statement.run(...parameters),
        all: (...parameters) =>
          statement.reader ? statement.all(...parameters) : [statement.run(...parameters)],
      }
    },
    close: () => database.close(),
  })
}

/** Without WAL: this build keeps its lock as a directory beside the file and cannot share memory. */
function openWasmSqlite(path: string): SqliteEngine {
  const { Database } = require('node-sqlite3-wasm') as typeof import('node-sqlite3-wasm')
  const database = new Database(path)
  return {
    name: 'node-sqlite3-wasm',
    run: (sql, parameters = []) => void database.run(sql, [...parameters]),
    all: (sql, parameters) => database.all(sql, [...parameters]),
    close: () => database.close(),
  }
}

/** Keeps prepared statements; the oldest goes when there are too many. */
function preparing(
  name: string,
  database: { prepare(sql: string): Prepared; close(): void },
): SqliteEngine {
  const statements = new Map<string, Prepared>()
  const prepare = (sql: string): Prepared => {
    const known = statements.get(sql)
    if (known) return known
    const statement = database.prepare(sql)
    if (statements.size >= statementsMax) {
      const [oldest] = statements.keys()
      if (oldest !== undefined) statements.delete(oldest)
    }
    statements.set(sql, statement)
    return statement
  }
  const engine: SqliteEngine = {
    name,
    run: (sql, parameters = []) => void prepare(sql).run(...parameters),
    all: (sql, parameters) => prepare(sql).all(...parameters),
    close: () => database.close(),
  }
  for (const pragma of ['journal_mode = WAL', 'busy_timeout = 5000']) {
    engine.all(`PRAGMA ${pragma}`, [])
  }
  return engine
}
