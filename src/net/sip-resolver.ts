import { Resolver } from 'node:dns/promises'
import { isIP } from 'node:net'
import { FailedTargets } from './failed-targets.js'
import {
  addressesOf,
  type DnsClient,
  type DnsTransport,
  drawn,
  type Names,
  naptrChoices,
  type Place,
  srvNames,
  srvPlaces,
  systemLookup,
} from './sip-dns.js'
import type { SipTransportName, SocketTarget } from './sip-flow.js'

export interface SipResolver {
  /**
   * Targets, best first (RFC 3263 §4); none when the name is not known. `secure`: only those over TLS.
   * Never rejects.
   */
  resolve(
    host: string,
    port: number | undefined,
    transport: SipTransportName | undefined,
    secure?: boolean,
  ): Promise<readonly SocketTarget[]>
  /** It could not be reached: for half a minute others come before it. */
  reportFailure(target: SocketTarget): void
  reportSuccess(target: SocketTarget): void
  close(): void
}

export interface SipResolverOptions {
  readonly cacheMax?: number
  readonly cacheMs?: number
  readonly timeoutMs?: number
  /** Milliseconds that only go forward. */
  readonly monotonicMs?: () => number
  /** From 0 to below 1: chooses among SRV records by their weight. */
  readonly random?: () => number
  readonly dns?: DnsClient
  readonly lookup?: Names['lookup']
  /** Families of addresses that we can send to; default: both. */
  readonly families?: readonly (4 | 6)[]
}

interface Wanted {
  readonly name: string
  readonly port: number | undefined
  readonly transport: DnsTransport | undefined
  readonly secure: boolean
}

const targetsMax = 16
const failureCacheMs = 2000

export function createSipResolver(options: SipResolverOptions = {}): SipResolver {
  const { cacheMax = 4096, cacheMs = 30_000, timeoutMs = 3000, random = Math.random } = options
  const now = options.monotonicMs ?? (() => performance.now())
  const names: Names = {
    dns: options.dns ?? new Resolver({ timeout: timeoutMs, tries: 1 }),
    lookup: options.lookup ?? systemLookup,
    families: options.families ?? [4, 6],
  }
  const failed = new FailedTargets()
  const cache = new Map<string, { untilMs: number; places: Promise<readonly Place[]> }>()
  const placesOf = (wanted: Wanted): Promise<readonly Place[]> => {
    const key = `${wanted.name} ${wanted.port} ${wanted.transport} ${wanted.secure}`
    const known = cache.get(key)
    if (known && known.untilMs > now()) return known.places
    const places = lookUp(names, wanted).catch(() => [])
    const entry = { untilMs: now() + cacheMs, places }
    cache.delete(key)
    cache.set(key, entry)
    // A name that was not found may be there soon.
    void places.then((all) => {
      if (all.every(({ addresses }) => addresses.length === 0)) {
        entry.untilMs = Math.min(entry.untilMs, now() + failureCacheMs)
      }
    })
    if (cache.size > cacheMax) {
      const [oldest] = cache.keys()
      if (oldest !== undefined) cache.delete(oldest)
    }
    return places
  }
  return {
    async resolve(host, port, named, secure = false) {
      const transport = transportOf(named, secure)
      if (transport === 'none') return []
      const literal = host.replace(/^\[|\]$/g, '')
      if (isIP(literal) !== 0) {
        const over = transport ?? (secure ? 'tls' : 'udp')
        return [{ transport: over, address: literal, port: port ?? defaultPort(over) }]
      }
      const name = host.toLowerCase().replace(/\.$/, '')
      const places = drawn(await placesOf({ name, port, transport, secure }), random)
      const targets = places.flatMap((place) => targetsOf(place, name)).slice(0, targetsMax)
      return failed.last(targets, now())
    },
    reportFailure: (target) => failed.add(target, now()),
    reportSuccess: (target) => failed.delete(target),
    close() {
      cache.clear()
      names.dns.cancel()
    },
  }
}

/** RFC 3261 §26.2.2: with sips the parameter names what is beneath TLS. */
function transportOf(
  named: SipTransportName | undefined,
  secure: boolean,
): DnsTransport | undefined | 'none' {
  // RFC 7118 §4: WebSocket clients have no address.
  if (named === 'ws' || named === 'wss') return 'none'
  if (!secure || named === undefined || named === 'tls') return named
  return named === 'tcp' ? 'tls' : 'none'
}

function defaultPort(transport: DnsTransport): number {
  return transport === 'tls' ? 5061 : 5060
}

/** RFC 5922 §7.1: the certificate is for the domain that was meant, whatever DNS made of it. */
function targetsOf({ transport, port, addresses }: Place, name: string): SocketTarget[] {
  const server = transport === 'tls' ? { serverName: name } : {}
  return addresses.map((address) => ({ transport, address, port, ...server }))
}

async function lookUp(names: Names, wanted: Wanted): Promise<readonly Place[]> {
  const { name, port, transport, secure } = wanted
  // RFC 3263 §4.2: with a port there is no SRV.
  const hasRecords = port === undefined && name !== 'localhost'
  const fromRecords = hasRecords ? await lookUpRecords(names, wanted) : undefined
  if (fromRecords) return fromRecords
  const over = transport ?? (secure ? 'tls' : 'udp')
  const addresses = await addressesOf(names, name)
  return [{ transport: over, port: port ?? defaultPort(over), addresses, rank: 0, weight: 0 }]
}

/** By NAPTR, else SRV; undefined when there is neither. RFC 3263 §4.1: the domain chooses the transport when the URI does not. */
async function lookUpRecords(
  names: Names,
  { name, transport, secure }: Wanted,
): Promise<readonly Place[] | undefined> {
  // Asked at once: a caller waits, and some name servers let questions for NAPTR time out.
  const unnamed: readonly DnsTransport[] = secure ? ['tls'] : ['udp', 'tcp', 'tls']
  const bare = (transport ? [transport] : unnamed).map((one) =>
    srvPlaces(names, srvNames[one] + name, one),
  )
  const chosen = transport ? [] : await naptrChoices(names, name, secure)
  const places: Place[] = []
  const take = (more: readonly Place[] = []) => {
    const rankMin = places.reduce((most, { rank }) => Math.max(most, rank + 1), 0)
    places.push(...more.map((place) => ({ ...place, rank: place.rank + rankMin })))
  }
  for (const choice of chosen) {
    take(await srvPlaces(names, choice.srvName, choice.transport))
    if (places.length >= targetsMax) break
  }
  if (places.length > 0) return places
  let hasAny = false
  for (const asked of bare) {
    const found = await asked
    hasAny ||= found !== undefined
    take(found)
    if (places.some(({ addresses }) => addresses.length > 0)) break
  }
  return hasAny ? places : undefined
}
