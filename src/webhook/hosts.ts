import type { Dispatcher, Pool } from 'undici'
import type { AddressPolicy } from '../base/address-policy.js'
import { Circuit, type Outcome } from './circuit.js'
import { createGuardedPool } from './guarded-pool.js'
import type { ConnectionSettings } from './overrides.js'
import { webhookErrors } from './webhook-error.js'

export interface HostLimits {
  /** Hosts of all accounts whose state is kept. */
  readonly hostsMax: number
  /** Connections to one host for one account. */
  readonly connectionsPerHost: number
  /** Requests that wait for one of them. */
  readonly waitingPerHost: number
  /** Requests to all hosts together. */
  readonly requestsMax: number
}

const normalHostLimits: HostLimits = {
  hostsMax: 5_000,
  connectionsPerHost: 64,
  waitingPerHost: 1_000,
  requestsMax: 10_000,
}

interface PoolEntry {
  readonly pool: Pool
  users: number
}

interface Host {
  readonly circuit: Circuit
  /** By what differs between connections: time to connect, and whether TLS names the host. */
  readonly pools: Map<string, PoolEntry>
  readonly waiting: Set<() => void>
  active: number
}

/** Leave to send one request; `end` must be called once, when its answer was read. */
export interface Permit {
  readonly dispatcher: Dispatcher
  end(outcome: Outcome): void
}

const poolsPerHost = 4

/**
 * Connections to applications. Each host of each account has its own pool, queue and circuit, so that
 * one that is slow or dead takes nothing from the others. What is unused longest makes way.
 */
export class Hosts {
  readonly #policy: AddressPolicy
  readonly #nowMs: () => number
  readonly #limits: HostLimits
  /** By account and origin; least recently used first. */
  readonly #hosts = new Map<string, Host>()
  #requests = 0

  constructor(policy: AddressPolicy, nowMs: () => number, limits: Partial<HostLimits> = {}) {
    this.#policy = policy
    this.#nowMs = nowMs
    this.#limits = { ...normalHostLimits, ...limits }
  }

  get openCircuits(): number {
    let open = 0
    for (const { circuit } of this.#hosts.values()) if (circuit.isOpen) open++
    return open
  }

  get size(): number {
    return this.#hosts.size
  }

  /** Waits for a connection to be free. Rejects with WebhookError, or with the signal's reason. */
  async enter(
    accountSid: string,
    url: URL,
    settings: ConnectionSettings,
    signal: AbortSignal,
  ): Promise<Permit> {
    if (this.#requests >= this.#limits.requestsMax) throw webhookErrors.busy(url.href)
    const host = this.#host(`${accountSid} ${url.origin}`, url)
    const admission = host.circuit.admit(this.#nowMs())
    if (!admission) throw webhookErrors.circuitOpen(url.href)
    this.#requests++
    try {
      await this.#turn(host, url, signal)
    } catch (error) {
      this.#requests--
      host.circuit.ended(admission, 'unknown', this.#nowMs())
      throw error
    }
    const entry = this.#pool(host, url, settings)
    entry.users++
    return {
      dispatcher: entry.pool,
      end: (outcome) => {
        entry.users--
        this.#requests--
        host.circuit.ended(admission, outcome, this.#nowMs())
        this.#leave(host)
      },
    }
  }

  async close(): Promise<void> {
    const pools = [...this.#hosts.values()].flatMap(({ pools }) => [...pools.values()])
    this.#hosts.clear()
    await Promise.all(pools.map(({ pool }) => pool.destroy()))
  }

  #host(key: string, url: URL): Host {
    const known = this.#hosts.get(key)
    if (known) {
      this.#hosts.delete(key)
      this.#hosts.set(key, known)
      return known
    }
    if (this.#hosts.size >= this.#limits.hostsMax && !this.#evict()) {
      throw webhookErrors.busy(url.href)
    }
    const host = {
      circuit: new Circuit(),
      pools: new Map(),
      waiting: new Set<() => void>(),
      active: 0,
    }
    this.#hosts.set(key, host)
    return host
  }

  #evict(): boolean {
    for (const [key, host] of this.#hosts) {
      if (host.active > 0 || host.waiting.size > 0) continue
      this.#hosts.delete(key)
      for (const { pool } of host.pools.values()) discard(pool)
      return true
    }
    return false
  }

  #turn(host: Host, url: URL, signal: AbortSignal): Promise<void> | undefined {
    if (host.active < this.#limits.connectionsPerHost) {
      host.active++
      return undefined
    }
    if (host.waiting.size >= this.#limits.waitingPerHost) throw webhookErrors.busy(url.href)
    return new Promise((resolve, reject) => {
      const onAbort = () => {
        host.waiting.delete(start)
        reject(signal.reason)
      }
      const start = () => {
        signal.removeEventListener('abort', onAbort)
        resolve()
      }
      signal.addEventListener('abort', onAbort, { once: true })
      host.waiting.add(start)
    })
  }

  /** The connection goes to who waits longest. */
  #leave(host: Host): void {
    const [next] = host.waiting
    if (!next) {
      host.active--
      return
    }
    host.waiting.delete(next)
    next()
  }

  #pool(host: Host, url: URL, settings: ConnectionSettings): PoolEntry {
    const { connectTimeoutMs, hasSni } = settings
    const key = `${connectTimeoutMs}${hasSni ? '' : ' anonymous'}`
    const known = host.pools.get(key)
    if (known) return known
    for (const [otherKey, other] of host.pools) {
      if (host.pools.size < poolsPerHost) break
      if (other.users > 0) continue
      host.pools.delete(otherKey)
      discard(other.pool)
    }
    const connections = this.#limits.connectionsPerHost
    const limits = { connectTimeoutMs, connections, hasSni }
    const entry = { pool: createGuardedPool(url, this.#policy, limits), users: 0 }
    host.pools.set(key, entry)
    return entry
  }
}

/** Nobody uses it, so nobody minds what becomes of it. */
function discard(pool: Pool): void {
  pool.destroy().catch(() => {})
}
