import type { Clock } from '../base/clock.js'
import type { Ids } from '../base/ids.js'
import type { OutsideCommand, OutsideEvent } from '../sip/outside-events.js'
import { formatHostPort, parseSipUri } from '../sip/uri.js'

const gatewaysMax = 1000

/** What of a gateway matters to a probe of it. */
export interface ProbedGateway {
  readonly sid: string
  /** A user in it is left out. */
  readonly uri: string
  readonly username?: string | undefined
  readonly password?: string | undefined
}

export interface GatewayProbesParts {
  readonly sip: { send(command: OutsideCommand): void }
  readonly clock: Clock
  readonly ids: Ids
  /** 0: no probes. */
  readonly intervalMs: number
  /** `status` is that of the answer, or 408 or 503 when there was none; `isNews`: it was not so before. */
  alive(gatewaySid: string, isAlive: boolean, status: number, isNews: boolean): void
}

interface Watched {
  readonly gateway: ProbedGateway
  readonly over: AbortController
  /** Of the probe that is under way. */
  probeId: string | undefined
  isAlive: boolean | undefined
}

/** Asks every gateway now and then whether it is there (RFC 3261 §11), each at its own time. */
export class GatewayProbes {
  readonly #parts: GatewayProbesParts
  readonly #watched = new Map<string, Watched>()

  constructor(parts: GatewayProbesParts) {
    this.#parts = parts
  }

  /** Puts these gateways in the place of all; those that stay keep their times. */
  set(gateways: readonly ProbedGateway[]): void {
    const wanted = this.#parts.intervalMs > 0 ? gateways.slice(0, gatewaysMax) : []
    const byId = new Map(wanted.map((gateway) => [idOf(gateway), gateway]))
    for (const [id, { over }] of this.#watched) {
      if (byId.has(id)) continue
      over.abort()
      this.#watched.delete(id)
    }
    for (const [id, gateway] of byId) {
      if (this.#watched.has(id)) continue
      const watched: Watched = {
        gateway,
        over: new AbortController(),
        probeId: undefined,
        isAlive: undefined,
      }
      this.#watched.set(id, watched)
      // It ends by its signal, and only so.
      this.#watch(watched).catch(() => {})
    }
  }

  handle({ probeId, status, local }: OutsideEvent & { type: 'probed' }): void {
    for (const watched of this.#watched.values()) {
      if (watched.probeId !== probeId) continue
      watched.probeId = undefined
      // Whoever answers, be it with 404 or 405, is there (RFC 3261 §11.2).
      const isAlive = !local && status !== 503
      const isNews = watched.isAlive !== isAlive
      watched.isAlive = isAlive
      this.#parts.alive(watched.gateway.sid, isAlive, status, isNews)
    }
  }

  close(): void {
    this.set([])
  }

  async #watch(watched: Watched): Promise<void> {
    const { clock, sip, ids, intervalMs } = this.#parts
    const { gateway, over } = watched
    const random = () => ids.uint32() / 2 ** 32
    await clock.sleep(intervalMs * random(), over.signal)
    for (;;) {
      // Silence is noticed after 32 s for each of its addresses: until then there is no other.
      if (watched.probeId === undefined) {
        watched.probeId = ids.hex(8)
        sip.send({ type: 'probe', probeId: watched.probeId, ...requestFor(gateway) })
      }
      await clock.sleep(intervalMs * (0.9 + random() / 5), over.signal)
    }
  }
}

function idOf({ sid, uri, username, password }: ProbedGateway): string {
  return JSON.stringify([sid, uri, username, password])
}

function requestFor({ uri, username, password = '' }: ProbedGateway) {
  const parsed = parseSipUri(uri)
  const params = uri.includes(';') ? uri.slice(uri.indexOf(';')) : ''
  const target = parsed
    ? `${parsed.scheme}:${formatHostPort(parsed.host, parsed.port)}${params}`
    : uri
  return { target, credentials: username === undefined ? undefined : { username, password } }
}
