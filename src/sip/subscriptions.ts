import type { RequestEnvelope } from './inspect.js'
import type { Subscription } from './subscription.js'

const perAddressMax = 10

/** Who is told about messages that wait, by our tag of the dialog and by mailbox. */
export class Subscriptions {
  readonly #max: number
  readonly #byTag = new Map<string, Subscription>()
  readonly #byAddress = new Map<string, Set<Subscription>>()

  constructor(max: number) {
    this.#max = max
  }

  get size(): number {
    return this.#byTag.size
  }

  hasRoom(addressOfRecord: string): boolean {
    return this.#byTag.size < this.#max && this.of(addressOfRecord).size < perAddressMax
  }

  add(subscription: Subscription): void {
    const { addressOfRecord, dialog } = subscription
    const others = this.#byAddress.get(addressOfRecord) ?? new Set()
    this.#byTag.set(dialog.localTag, subscription)
    this.#byAddress.set(addressOfRecord, others.add(subscription))
  }

  of(addressOfRecord: string): ReadonlySet<Subscription> {
    return this.#byAddress.get(addressOfRecord) ?? none
  }

  /** The subscription whose dialog this request is in. */
  find({ callId, to, from }: RequestEnvelope): Subscription | undefined {
    const found = this.#byTag.get(to.params.get('tag') ?? '')
    const isSame = found?.dialog.callId === callId
    return isSame && found.dialog.remoteTag === from.params.get('tag') ? found : undefined
  }

  delete(subscription: Subscription): void {
    const { addressOfRecord, dialog } = subscription
    const others = this.#byAddress.get(addressOfRecord)
    this.#byTag.delete(dialog.localTag)
    others?.delete(subscription)
    if (others?.size === 0) this.#byAddress.delete(addressOfRecord)
  }
}

const none: ReadonlySet<Subscription> = new Set()
