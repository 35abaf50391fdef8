import { SeededIds } from '../../src/base/ids.js'
import { SipEngine, type SipEngineConfig } from '../../src/sip/engine.js'
import type { Flow, SipInput, SipOutput, Target } from '../../src/sip/events.js'
import type { LegCommand } from '../../src/sip/leg-events.js'

/** One engine on a simulated network, and what it reported to its call layer. */
export interface Host {
  readonly address: string
  readonly engine: SipEngine
  readonly events: SipOutput[]
}

export interface NetworkOptions {
  readonly seed: number
  /** Probabilities from 0 to 1. */
  readonly drop: number
  readonly duplicate: number
  readonly reorder: number
}

interface Packet {
  readonly atMs: number
  readonly order: number
  readonly to: Host
  readonly flow: Flow
  readonly bytes: Uint8Array
}

/** Datagrams between engines in virtual time, lost, doubled and delayed by a seeded source. */
export class LossyNetwork {
  readonly hosts = new Map<string, Host>()
  readonly #options: NetworkOptions
  readonly #random: SeededIds
  #packets: Packet[] = []
  #order = 0
  #acts: { readonly atMs: number; readonly act: () => void }[] = []
  nowMs = 0
  /** Called for every event of a host; commands are given back through `command`. */
  onEvent: (host: Host, event: SipOutput) => void = () => undefined

  constructor(options: NetworkOptions) {
    this.#options = options
    this.#random = new SeededIds(options.seed)
  }

  addHost(address: string, config: Partial<SipEngineConfig> = {}): Host {
    const engine = new SipEngine({
      ids: new SeededIds(this.#random.uint32()),
      realm: 'test',
      userAgent: 'Dialplane/test',
      isTrusted: () => true,
      advertised: () => ({ host: address, port: 5060 }),
      limits: { legsMax: 1000, transactionsMax: 10_000, questionsMax: 100 },
      ...config,
    })
    const host = { address, engine, events: [] }
    this.hosts.set(address, host)
    return host
  }

  command(host: Host, command: LegCommand): void {
    this.input(host, command)
  }

  input(host: Host, input: SipInput): void {
    const out: SipOutput[] = []
    host.engine.handle(input, this.nowMs, out)
    for (const output of out) {
      if (output.type === 'send') this.#send(host, output.target, output.bytes)
      else {
        host.events.push(output)
        this.onEvent(host, output)
      }
    }
  }

  /** Something that a person does, `delayMs` from now. */
  after(delayMs: number, act: () => void): void {
    this.#acts.push({ atMs: this.nowMs + delayMs, act })
    this.#acts.sort((left, right) => left.atMs - right.atMs)
  }

  /** Until nothing is on the way and no timer is set. */
  run(): void {
    for (;;) {
      const packet = this.#nextPacket()
      const act = this.#acts[0]
      let due = packet?.atMs ?? Number.POSITIVE_INFINITY
      let timed: Host | undefined
      for (const host of this.hosts.values()) {
        if (host.engine.deadlineMs < due) {
          due = host.engine.deadlineMs
          timed = host
        }
      }
      if (act && act.atMs <= due) {
        this.nowMs = Math.max(this.nowMs, act.atMs)
        this.#acts.shift()
        act.act()
        continue
      }
      if (due === Number.POSITIVE_INFINITY) return
      this.nowMs = Math.max(this.nowMs, due)
      if (timed) this.input(timed, { type: 'timeout' })
      else if (packet) {
        this.#packets.splice(this.#packets.indexOf(packet), 1)
        this.input(packet.to, { type: 'received', flow: packet.flow, bytes: packet.bytes })
      }
    }
  }

  #nextPacket(): Packet | undefined {
    let first: Packet | undefined
    for (const packet of this.#packets) {
      const earlier =
        !first ||
        packet.atMs < first.atMs ||
        (packet.atMs === first.atMs && packet.order < first.order)
      if (earlier) first = packet
    }
    return first
  }

  #chance(probability: number): boolean {
    return this.#random.uint32() / 2 ** 32 < probability
  }

  #send(from: Host, target: Target, bytes: Uint8Array): void {
    const to = this.hosts.get(target.address)
    if (!to) return
    const copies = this.#chance(this.#options.duplicate) ? 2 : 1
    for (let copy = 0; copy < copies; copy++) {
      if (this.#chance(this.#options.drop)) continue
      const delayMs = this.#chance(this.#options.reorder) ? this.#random.uint32() % 900 : 10
      const flow: Flow = {
        transport: target.transport,
        localAddress: to.address,
        localPort: 5060,
        remoteAddress: from.address,
        remotePort: 5060,
      }
      this.#packets.push({ atMs: this.nowMs + delayMs, order: this.#order++, to, flow, bytes })
    }
  }
}
