import type { CallRecord } from '../call/call-record.js'
import type { WebhookOptionsRow } from '../store/schema.js'
import type { Store } from '../store/store.js'
import { findWebhookOptions, selectWebhookOptions } from '../store/webhook-options.js'
import type { RequestOptions } from '../webhook/request-options.js'

/** As much of a call as says whose options hold. */
export type OptionedCall = Pick<
  CallRecord,
  'accountSid' | 'direction' | 'from' | 'to' | 'parentCallSid'
>

/** Of calls that calls have made, one after another. */
export const ancestorsMax = 10

/**
 * The options of accounts and numbers, kept in memory as the store has them; REST says what it has changed.
 * A number's options take the place of the account's as a whole.
 */
export class WebhookOptionsTable {
  readonly #store: Store
  /** By account, then by number or `default`. */
  readonly #accounts = new Map<string, Map<string, RequestOptions>>()
  #size = 0
  #loading: Promise<void> = Promise.resolve()

  static async open(store: Store): Promise<WebhookOptionsTable> {
    const table = new WebhookOptionsTable(store)
    for (const row of await store.read(selectWebhookOptions())) table.#set(row)
    return table
  }

  private constructor(store: Store) {
    this.#store = store
  }

  get size(): number {
    return this.#size
  }

  /** Resolves when what is stored for the target is in effect. */
  reload(accountSid: string, target: string): Promise<void> {
    // One after another: an older answer of the store must not replace a newer one.
    const loading = this.#loading.then(async () => {
      const [row] = await this.#store.read(findWebhookOptions(accountSid, target))
      this.#remove(accountSid, target)
      if (row) this.#set(row)
    })
    this.#loading = loading.catch(() => {})
    return loading
  }

  has(accountSid: string): boolean {
    return this.#accounts.has(accountSid)
  }

  /** Of a number, else of the account. */
  ofNumber(accountSid: string, number: string | undefined): RequestOptions | undefined {
    const targets = this.#accounts.get(accountSid)
    if (!targets) return undefined
    return (number === undefined ? undefined : targets.get(number)) ?? targets.get('default')
  }

  #set(row: WebhookOptionsRow): void {
    const { account_sid: accountSid, target } = row
    const targets = this.#accounts.get(accountSid) ?? new Map<string, RequestOptions>()
    if (!targets.has(target)) this.#size++
    targets.set(target, {
      mirrorUrls: JSON.parse(row.mirror_urls) as RequestOptions['mirrorUrls'],
      stateIn: JSON.parse(row.state_in) as RequestOptions['stateIn'],
      withhold: JSON.parse(row.withhold) as RequestOptions['withhold'],
    })
    this.#accounts.set(accountSid, targets)
  }

  #remove(accountSid: string, target: string): void {
    const targets = this.#accounts.get(accountSid)
    if (targets?.delete(target)) this.#size--
    if (targets?.size === 0) this.#accounts.delete(accountSid)
  }
}

/**
 * The number of ours that a call is to or from. A call that another has made, as Dial does, is part of that
 * one: what is withheld of a caller must not be told of who is called for it.
 */
export function numberOf(
  call: OptionedCall,
  find: (callSid: string) => OptionedCall | undefined,
): string {
  let own = call
  for (let depth = 0; depth < ancestorsMax && own.parentCallSid !== undefined; depth++) {
    const parent = find(own.parentCallSid)
    if (!parent) break
    own = parent
  }
  return isToUs(own) ? own.to : own.from
}

function isToUs({ direction }: OptionedCall): boolean {
  return direction === 'inbound' || direction === 'trunking-originating'
}

export interface OptionsFinder {
  ofCall(call: OptionedCall): RequestOptions | undefined
  /** Of what belongs to no number. */
  ofAccount(accountSid: string): RequestOptions | undefined
}

/** Finds the options of calls that are going on; of one that it has seen it knows the number for ever. */
export function optionsFinder(
  table: WebhookOptionsTable,
  find: (callSid: string) => OptionedCall | undefined,
): OptionsFinder {
  const numbers = new WeakMap<OptionedCall, string>()
  return {
    ofAccount: (accountSid) => table.ofNumber(accountSid, undefined),
    ofCall(call) {
      if (!table.has(call.accountSid)) return undefined
      // The call that has made it may be over before it is.
      const number = numbers.get(call) ?? numberOf(call, find)
      numbers.set(call, number)
      return table.ofNumber(call.accountSid, number)
    },
  }
}
