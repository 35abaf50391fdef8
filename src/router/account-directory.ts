import type { Ids } from '../base/ids.js'
import { makeSid } from '../base/ids.js'
import { findAccount, insertAccount, selectAccounts, updateAccount } from '../store/accounts.js'
import type { AccountRow } from '../store/schema.js'
import type { SecretBox } from '../store/secret-box.js'
import type { Store } from '../store/store.js'

export interface Account {
  readonly row: AccountRow
  readonly authToken: string
}

const cacheMax = 10_000

/** Accounts with their tokens opened; kept in memory until `forget`. */
export class AccountDirectory {
  readonly #store: Store
  readonly #box: SecretBox
  readonly #accounts = new Map<string, Promise<Account | undefined>>()

  constructor(store: Store, box: SecretBox) {
    this.#store = store
    this.#box = box
  }

  find(sid: string): Promise<Account | undefined> {
    const known = this.#accounts.get(sid)
    if (known) return known
    const finding = this.#load(sid)
    if (this.#accounts.size >= cacheMax) this.#accounts.clear()
    this.#accounts.set(sid, finding)
    // Neither a failure nor the absence of an account is remembered.
    finding.then(
      (account) => account ?? this.#accounts.delete(sid),
      () => this.#accounts.delete(sid),
    )
    return finding
  }

  forget(sid: string): void {
    this.#accounts.delete(sid)
  }

  async authToken(sid: string): Promise<string> {
    const account = await this.find(sid)
    if (!account) throw new Error(`no account ${sid}`)
    return account.authToken
  }

  /** The first account, made when the store has none; `isNew` when it was made now. */
  async ensureFirst(
    wanted: { readonly sid: string | undefined; readonly authToken: string | undefined },
    ids: Ids,
    nowMs: number,
  ): Promise<Account & { readonly isNew: boolean }> {
    const rows = await this.#store.read(selectAccounts())
    const row = wanted.sid === undefined ? rows[0] : rows.find(({ sid }) => sid === wanted.sid)
    if (row) return this.#withToken(this.#opened(row), wanted.authToken, nowMs)
    const sid = wanted.sid ?? makeSid('AC', ids)
    const authToken = wanted.authToken ?? ids.hex(16)
    const made: AccountRow = {
      sid,
      friendly_name: 'Dialplane',
      status: 'active',
      type: 'Full',
      owner_account_sid: sid,
      auth_token: this.#box.seal(authToken),
      created_ms: nowMs,
      updated_ms: nowMs,
    }
    await this.#store.write([insertAccount(made)])
    return { row: made, authToken, isNew: true }
  }

  /** A token that the operator sets replaces the stored one. */
  async #withToken(account: Account, authToken: string | undefined, nowMs: number) {
    if (authToken === undefined || authToken === account.authToken) {
      return { ...account, isNew: false }
    }
    const change = { auth_token: this.#box.seal(authToken), updated_ms: nowMs }
    await this.#store.write([updateAccount(account.row.sid, change)])
    return { row: { ...account.row, ...change }, authToken, isNew: true }
  }

  async #load(sid: string): Promise<Account | undefined> {
    const [row] = await this.#store.read(findAccount(sid))
    return row && this.#opened(row)
  }

  #opened(row: AccountRow): Account {
    return { row, authToken: this.#box.open(row.auth_token) }
  }
}
