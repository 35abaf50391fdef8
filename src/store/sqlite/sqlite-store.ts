import { Worker } from 'node:worker_threads'
import type { CompiledQuery } from 'kysely'
import { type Store, StoreError } from '../store.js'
import type { SqlValue } from './engine.js'
import type { Statement, StoreReply, StoreRequest } from './protocol.js'

interface Pending {
  readonly resolve: (rows: unknown[]) => void
  readonly reject: (error: StoreError) => void
}

/** `Omit` that keeps a union a union. */
type WithoutId<Request> = Request extends unknown ? Omit<Request, 'id'> : never

const pendingMax = 50_000

/** A SQLite file behind a worker thread, so that a durable commit never blocks the event loop. */
export class SqliteStore implements Store {
  readonly #worker: Worker
  readonly #pending = new Map<number, Pending>()
  /** What one turn of the event loop asks crosses in one message, which costs more than it holds. */
  #outgoing: StoreRequest[] = []
  #nextId = 1
  #closed: string | undefined

  private constructor(worker: Worker) {
    this.#worker = worker
    worker.on('message', (replies: readonly StoreReply[]) => {
      for (const reply of replies) this.#settle(reply)
    })
    worker.on('error', (error) => this.#fail(`The store stopped: ${error.message}`))
    worker.on('exit', () => this.#fail('The store is closed'))
  }

  /** Opens or creates the file and applies migrations. Rejects with StoreError. */
  static async open(path: string): Promise<SqliteStore & { readonly engineName: string }> {
    const store = new SqliteStore(new Worker(workerUrl(), { workerData: { path } }))
    const [engineName] = await new Promise<unknown[]>((resolve, reject) => {
      store.#pending.set(0, { resolve, reject })
    })
    return Object.assign(store, { engineName: String(engineName) })
  }

  /** False when it was closed or its worker has died. */
  get isOpen(): boolean {
    return this.#closed === undefined
  }

  /** Requests that are not answered yet. */
  get waiting(): number {
    return this.#pending.size
  }

  read<Row>(query: CompiledQuery<Row>): Promise<Row[]> {
    return this.#request({ type: 'read', statement: statementOf(query) }) as Promise<Row[]>
  }

  async write(batch: readonly CompiledQuery<unknown>[]): Promise<void> {
    if (batch.length === 0) return
    await this.#request({ type: 'write', batch: batch.map(statementOf) })
  }

  async close(): Promise<void> {
    if (this.#closed === undefined) await this.#request({ type: 'close' }).catch(() => [])
    await this.#worker.terminate()
  }

  #request(request: WithoutId<StoreRequest>): Promise<unknown[]> {
    if (this.#closed !== undefined) return Promise.reject(new StoreError(this.#closed))
    if (this.#pending.size >= pendingMax) {
      return Promise.reject(new StoreError('Too many requests are waiting for the store'))
    }
    const id = this.#nextId++
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve, reject })
      this.#outgoing.push({ id, ...request })
      if (this.#outgoing.length === 1) setImmediate(() => this.#post())
    })
  }

  #post(): void {
    const requests = this.#outgoing
    this.#outgoing = []
    this.#worker.postMessage(requests)
  }

  #settle(reply: StoreReply): void {
    const pending = this.#pending.get(reply.id)
    this.#pending.delete(reply.id)
    if (reply.ok) pending?.resolve(reply.rows ?? [])
    else pending?.reject(new StoreError(reply.message))
  }

  #fail(reason: string): void {
    this.#closed ??= reason
    for (const { reject } of this.#pending.values()) reject(new StoreError(reason))
    this.#pending.clear()
  }
}

function statementOf(query: CompiledQuery<unknown>): Statement {
  return { sql: query.sql, parameters: query.parameters as SqlValue[] }
}

/** Tests import the TypeScript; a worker needs what it was compiled to. */
function workerUrl(): URL {
  const compiled = import.meta.url.endsWith('.ts') ? '../../../dist/store/sqlite/' : './'
  return new URL(`${compiled}worker.js`, import.meta.url)
}
