import type { SqlValue } from './engine.js'

export interface Statement {
  readonly sql: string
  readonly parameters: readonly SqlValue[]
}

export type StoreRequest =
  | { readonly id: number; readonly type: 'read'; readonly statement: Statement }
  | { readonly id: number; readonly type: 'write'; readonly batch: readonly Statement[] }
  | { readonly id: number; readonly type: 'close' }

export type StoreReply =
  | { readonly id: number; readonly ok: true; readonly rows?: unknown[] }
  | { readonly id: number; readonly ok: false; readonly message: string }
