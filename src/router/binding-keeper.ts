import type { Clock } from '../base/clock.js'
import type { Binding, Bound } from '../sip/outside-events.js'
import { isIpLiteral, parseSipUri } from '../sip/uri.js'
import { replaceBindings, selectBindings } from '../store/bindings.js'
import type { SipBindingRow } from '../store/schema.js'
import type { Store } from '../store/store.js'

const batchMs = 200
/** Addresses of one write: a storm must not hold up the calls that share the store. */
const batchAddressesMax = 500

/** Keeps bindings over a restart: written behind, one address of record as a whole. */
export class BindingKeeper {
  readonly #store: Store
  readonly #clock: Clock
  readonly #failed: (error: unknown) => void
  readonly #pending = new Map<string, readonly Binding[]>()
  #writing: Promise<void> | undefined

  constructor(store: Store, clock: Clock, failed: (error: unknown) => void) {
    this.#store = store
    this.#clock = clock
    this.#failed = failed
  }

  /** The bindings that can be reached again, in times of this process. */
  async load(): Promise<Binding[]> {
    const rows = await this.#store.read<SipBindingRow>(selectBindings())
    const offsetMs = this.#clock.monotonicMs() - this.#clock.nowMs()
    const kept = new Map<string, Binding[]>()
    const changed = new Set<string>()
    for (const row of rows) {
      const expiresAtMs = row.expires_ms + offsetMs
      const isOver = row.expires_ms <= this.#clock.nowMs()
      const stored = { ...JSON.parse(row.binding), expiresAtMs } as Binding
      const binding = isOver ? undefined : afterRestart(stored)
      if (!binding) changed.add(row.address_of_record)
      else if (kept.get(row.address_of_record)?.push(binding) === undefined) {
        kept.set(row.address_of_record, [binding])
      }
    }
    for (const addressOfRecord of changed) {
      this.save({ type: 'bound', addressOfRecord, bindings: kept.get(addressOfRecord) ?? [] })
    }
    return [...kept.values()].flat()
  }

  save({ addressOfRecord, bindings }: Bound): void {
    this.#pending.set(addressOfRecord, bindings)
    this.#writing ??= this.#writeSoon()
  }

  /** Resolves when all is written. */
  async close(): Promise<void> {
    await this.#writing
    await this.#write()
  }

  async #writeSoon(): Promise<void> {
    await this.#clock.sleep(batchMs)
    await this.#write()
    this.#writing = undefined
    if (this.#pending.size > 0) this.#writing = this.#writeSoon()
  }

  async #write(): Promise<void> {
    while (this.#pending.size > 0) {
      const addresses = [...this.#pending.keys()].slice(0, batchAddressesMax)
      const batch = addresses.flatMap((addressOfRecord) => {
        const bindings = this.#pending.get(addressOfRecord) ?? []
        this.#pending.delete(addressOfRecord)
        return replaceBindings(addressOfRecord, this.#rowsOf(bindings))
      })
      await this.#store.write(batch).catch(this.#failed)
    }
  }

  #rowsOf(bindings: readonly Binding[]): SipBindingRow[] {
    const offsetMs = this.#clock.nowMs() - this.#clock.monotonicMs()
    return bindings.map(({ expiresAtMs, ...binding }, position) => ({
      address_of_record: binding.addressOfRecord,
      position,
      expires_ms: Math.round(expiresAtMs + offsetMs),
      binding: JSON.stringify(binding),
    }))
  }
}

/**
 * Connections did not survive. Whoever listens where the connection came from can be connected to anew;
 * nobody can that speaks WebSocket, nor most phones over TLS, as they have no certificate.
 */
function afterRestart(binding: Binding): Binding | undefined {
  const { connectionId, ...flow } = binding.flow
  if (connectionId === undefined || binding.path.length > 0) return { ...binding, flow }
  const contact = parseSipUri(binding.contactUri)
  const isThere = contact && isIpLiteral(contact.host) && contact.host === flow.remoteAddress
  if (!isThere || flow.transport !== 'tcp') return undefined
  return { ...binding, flow: { ...flow, remotePort: contact.port ?? 5060 } }
}
