import type { Target } from './events.js'

/** Where the path is not known (RFC 3261 §18.1.1) [bytes]. */
const datagramLengthMax = 1300
/** The Via that is still to come [bytes]. */
const viaLengthMax = 120

/** The targets of one request, tried one after another (RFC 3263 §4.3). */
export class HopTargets {
  readonly #targets: Target[]
  /** Targets by UDP that have been tried by TCP before. */
  readonly #triedConnection = new Set<number>()
  #index = 0

  constructor(targets: readonly Target[]) {
    this.#targets = [...targets]
  }

  get current(): Target | undefined {
    return this.#targets[this.#index]
  }

  /** Moves on; false when there is none left, then the current one stays. */
  next(): boolean {
    if (this.#index + 1 >= this.#targets.length) return false
    this.#index++
    return true
  }

  /**
   * RFC 3261 §18.1.1: what might be fragmented goes over TCP, and over UDP where there is no TCP.
   * `lengthTo` measures the request to a target, without its Via [bytes].
   */
  preferConnection(lengthTo: (target: Target) => number): void {
    const target = this.current
    if (target?.transport !== 'udp' || this.#triedConnection.has(this.#index)) return
    if (lengthTo(target) + viaLengthMax <= datagramLengthMax) return
    this.#targets.splice(this.#index, 0, { ...target, transport: 'tcp' })
    this.#triedConnection.add(this.#index + 1)
  }
}
