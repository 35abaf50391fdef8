import type { Core, Timed } from './core.js'
import { targetOf } from './dialog.js'
import type { Binding } from './outside-events.js'
import { parseSipUri } from './uri.js'

const bindingsMaxDefault = 100_000
/** Below the 30 s after which the hastiest of NATs forget a UDP mapping. */
const keepAliveMs = 25_000
/** RFC 5626 §3.5.1; over UDP peers ignore it, and a NAT sees traffic. */
const keepAlive = Buffer.from('\r\n\r\n', 'latin1')

/** All bindings, with what makes them end: their time and the connections that they came over. */
export class Bindings {
  readonly #core: Core
  readonly #byAddress = new Map<string, readonly HeldBinding[]>()
  readonly #byConnection = new Map<number, Set<HeldBinding>>()
  #size = 0

  constructor(core: Core) {
    this.#core = core
  }

  get size(): number {
    return this.#size
  }

  /** How many more there may be. */
  get room(): number {
    return (this.#core.config.limits.bindingsMax ?? bindingsMaxDefault) - this.#size
  }

  of(addressOfRecord: string): readonly Binding[] {
    return this.#byAddress.get(addressOfRecord)?.map(({ binding }) => binding) ?? []
  }

  /** Puts `next` in the place of all bindings of the address; those that are in both stay as they are. */
  replace(addressOfRecord: string, next: readonly Binding[]): void {
    const held = this.#byAddress.get(addressOfRecord) ?? []
    for (const one of held) if (!next.includes(one.binding)) this.#release(one)
    const kept = next.map(
      (binding) => held.find((one) => one.binding === binding) ?? this.#hold(binding),
    )
    if (kept.length === 0) this.#byAddress.delete(addressOfRecord)
    else this.#byAddress.set(addressOfRecord, kept)
    this.#core.emit({ type: 'bound', addressOfRecord, bindings: next })
  }

  /** Bindings of before a restart; what was bound since then is newer. */
  restore(bindings: readonly Binding[]): void {
    const byAddress = new Map<string, Binding[]>()
    for (const binding of bindings) {
      const { addressOfRecord, expiresAtMs } = binding
      if (expiresAtMs <= this.#core.nowMs || this.#byAddress.has(addressOfRecord)) continue
      const known = byAddress.get(addressOfRecord)
      if (known) known.push(binding)
      else byAddress.set(addressOfRecord, [binding])
    }
    for (const [addressOfRecord, all] of byAddress) {
      if (all.length <= this.room) this.replace(addressOfRecord, all)
      else this.#core.count('tooManyBindings')
    }
  }

  /** RFC 5626 §5.3: who registered over a connection cannot be reached without it. */
  disconnected(connectionId: number): void {
    // A proxy may have brought thousands over one connection.
    const lost = new Set(
      [...(this.#byConnection.get(connectionId) ?? [])].map((one) => one.binding),
    )
    for (const addressOfRecord of new Set([...lost].map((binding) => binding.addressOfRecord))) {
      const left = this.of(addressOfRecord).filter((binding) => !lost.has(binding))
      this.replace(addressOfRecord, left)
    }
  }

  expired(binding: Binding): void {
    const { addressOfRecord } = binding
    this.replace(
      addressOfRecord,
      this.of(addressOfRecord).filter((other) => other !== binding),
    )
  }

  #hold(binding: Binding): HeldBinding {
    const held = new HeldBinding(this, this.#core, binding)
    const connectionId = connectionOf(binding)
    this.#size++
    if (connectionId === undefined) return held
    const others = this.#byConnection.get(connectionId)
    if (others) others.add(held)
    else this.#byConnection.set(connectionId, new Set([held]))
    return held
  }

  #release(held: HeldBinding): void {
    this.#core.deadlines.delete(held)
    this.#size--
    const connectionId = connectionOf(held.binding)
    if (connectionId === undefined) return
    const others = this.#byConnection.get(connectionId)
    others?.delete(held)
    if (others?.size === 0) this.#byConnection.delete(connectionId)
  }
}

/** A binding with its one deadline: its end, or the next keep-alive before that. */
class HeldBinding implements Timed {
  readonly binding: Binding
  readonly #bindings: Bindings
  readonly #core: Core
  readonly #isBehindNat: boolean

  constructor(bindings: Bindings, core: Core, binding: Binding) {
    this.#bindings = bindings
    this.#core = core
    this.binding = binding
    this.#isBehindNat = isBehindNat(binding)
    // Those that are restored at once do not all send at once.
    this.#wait(core.config.ids.uint32() % keepAliveMs)
  }

  timeout(): void {
    const { flow, expiresAtMs } = this.binding
    if (this.#core.nowMs >= expiresAtMs) {
      this.#bindings.expired(this.binding)
      return
    }
    this.#core.send({ flow, target: targetOf(flow) }, keepAlive)
    this.#wait(keepAliveMs)
  }

  #wait(untilKeepAliveMs: number): void {
    const { expiresAtMs } = this.binding
    const nextMs = this.#isBehindNat ? this.#core.nowMs + untilKeepAliveMs : expiresAtMs
    this.#core.deadlines.set(this, Math.min(nextMs, expiresAtMs))
  }
}

/** The connection that a binding needs; with a Path it is reached by that (RFC 3327 §5.4). */
function connectionOf({ path, flow }: Binding): number | undefined {
  return path.length > 0 ? undefined : flow.connectionId
}

/** A UDP source that is not what the Contact says has been translated on the way. */
function isBehindNat({ flow, path, contactUri }: Binding): boolean {
  if (flow.transport !== 'udp' || path.length > 0) return false
  const contact = parseSipUri(contactUri)
  if (!contact) return false
  return contact.host !== flow.remoteAddress || (contact.port ?? 5060) !== flow.remotePort
}
