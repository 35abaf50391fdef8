import {
  type CompiledQuery,
  DummyDriver,
  Kysely,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from 'kysely'
import { RouterError } from '../base/router-error.js'
import type { Tables } from './schema.js'

/** Builds queries; a Store carries them out. */
export const sql = new Kysely<Tables>({
  dialect: {
    createAdapter: () => new SqliteAdapter(),
    createDriver: () => new DummyDriver(),
    createIntrospector: (db) => new SqliteIntrospector(db),
    createQueryCompiler: () => new SqliteQueryCompiler(),
  },
})

export interface Store {
  /** Rows of one query. */
  read<Row>(query: CompiledQuery<Row>): Promise<Row[]>
  /**
   * Carries out all statements or none; resolves when they are durable. Batches of many callers share
   * a commit. Rejects with StoreError.
   */
  write(batch: readonly CompiledQuery<unknown>[]): Promise<void>
  close(): Promise<void>
}

export class StoreError extends RouterError {
  override readonly name = 'StoreError'
  constructor(message: string, options?: ErrorOptions) {
    super('ERR_STORE', 20500, message, options)
  }
}
