import { isIP } from 'node:net'
import type { Clock } from '../base/clock.js'
import type { Gateway } from '../call/trunk-gateway.js'
import type { SipResolver } from '../net/sip-resolver.js'
import { parseSipUri, type SipUri } from '../sip/uri.js'

const refreshMs = 60_000
const askedAtOnce = 16
const transports = ['udp', 'tcp', 'tls'] as const

/** Where calls of our gateways come from: the addresses of their URIs, asked for anew each minute. */
export class TrunkAddresses {
  readonly #resolver: Pick<SipResolver, 'resolve'>
  readonly #clock: Clock
  #uris: readonly SipUri[] = []
  /** By host, port and transport; what was found last stays while nothing is found. */
  #found = new Map<string, readonly string[]>()
  #all: ReadonlySet<string> = new Set()
  #refreshing = new AbortController()

  constructor(resolver: Pick<SipResolver, 'resolve'>, clock: Clock) {
    this.#resolver = resolver
    this.#clock = clock
  }

  has(address: string): boolean {
    return this.#all.has(address) || this.#all.has(address.replace(/^::ffff:/i, ''))
  }

  /** Literal addresses count at once, names as soon as they are resolved. */
  set(gateways: readonly Gateway[]): void {
    this.close()
    this.#refreshing = new AbortController()
    this.#uris = gateways
      .filter(({ isEnabled }) => isEnabled)
      .flatMap(({ uri }) => parseSipUri(uri) ?? [])
    const keys = new Set(this.#uris.map(keyOf))
    const kept = [...this.#found].filter(([key]) => keys.has(key))
    const literal = this.#uris.flatMap((uri) => {
      const host = literalOf(uri)
      return host === undefined ? [] : [[keyOf(uri), [host]] as const]
    })
    this.#found = new Map([...kept, ...literal])
    this.#collect()
    void this.#refresh(this.#refreshing.signal)
  }

  close(): void {
    this.#refreshing.abort()
  }

  async #refresh(signal: AbortSignal): Promise<void> {
    const names = this.#uris.filter((uri) => literalOf(uri) === undefined)
    while (names.length > 0 && !signal.aborted) {
      for (let at = 0; at < names.length && !signal.aborted; at += askedAtOnce) {
        await Promise.all(names.slice(at, at + askedAtOnce).map((uri) => this.#ask(uri, signal)))
      }
      await this.#clock.sleep(refreshMs, signal).catch(() => {})
    }
  }

  async #ask(uri: SipUri, signal: AbortSignal): Promise<void> {
    const named = uri.params.get('transport')?.toLowerCase()
    const transport = transports.find((one) => one === named)
    const isSecure = uri.scheme === 'sips'
    const targets = await this.#resolver.resolve(uri.host, uri.port, transport, isSecure)
    if (signal.aborted || targets.length === 0) return
    this.#found.set(
      keyOf(uri),
      targets.map(({ address }) => address),
    )
    this.#collect()
  }

  #collect(): void {
    this.#all = new Set([...this.#found.values()].flat())
  }
}

function literalOf({ host }: SipUri): string | undefined {
  const bare = host.replace(/^\[|\]$/g, '')
  return isIP(bare) === 0 ? undefined : bare
}

function keyOf({ scheme, host, port, params }: SipUri): string {
  return `${scheme} ${host} ${port} ${params.get('transport') ?? ''}`
}
