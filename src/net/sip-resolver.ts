import { lookup as lookupAddress, Resolver } from 'node:dns/promises'
import { isIP } from 'node:net'
import type { SipTransportName, SocketTarget } from './sip-flow.js'

export interface SipResolver {
  /** Targets, best first (RFC 3263 §4); none when the name is not known. Never rejects. */
  resolve(
    host: string,
    port: number | undefined,
    transport: SipTransportName | undefined,
  ): Promise<readonly SocketTarget[]>
  close(): void
}

export interface SipResolverOptions {
  readonly cacheMax?: number
  readonly cacheMs?: number
  readonly timeoutMs?: number
  /** Milliseconds that only go forward. */
  readonly monotonicMs?: () => number
  /** Asks name servers; default: those of the system. */
  readonly dns?: Pick<Resolver, 'resolve4' | 'resolve6' | 'resolveSrv' | 'cancel'>
  /** Finds names without a dot, as the hosts file has them. */
  readonly lookup?: (name: string) => Promise<readonly string[]>
}

const targetsMax = 16
const failureCacheMs = 2000

export function createSipResolver(options: SipResolverOptions = {}): SipResolver {
  const { cacheMax = 4096, cacheMs = 30_000, timeoutMs = 3000 } = options
  const lookup = options.lookup ?? systemLookup
  const now = options.monotonicMs ?? (() => performance.now())
  const dns = options.dns ?? new Resolver({ timeout: timeoutMs, tries: 1 })
  const cache = new Map<string, { untilMs: number; targets: Promise<readonly SocketTarget[]> }>()
  return {
    resolve(host, port, transport) {
      const literal = host.replace(/^\[|\]$/g, '')
      if (isIP(literal) !== 0) {
        const target = { transport: transport ?? 'udp', address: literal, port: port ?? 5060 }
        return Promise.resolve([target])
      }
      const key = `${host.toLowerCase()} ${port} ${transport}`
      const known = cache.get(key)
      if (known && known.untilMs > now()) return known.targets
      const targets = lookUp({ dns, lookup }, host, port, transport).catch(() => [])
      const entry = { untilMs: now() + cacheMs, targets }
      cache.delete(key)
      cache.set(key, entry)
      // A name that was not found may be there soon.
      void targets.then(({ length }) => {
        if (length === 0) entry.untilMs = Math.min(entry.untilMs, now() + failureCacheMs)
      })
      if (cache.size > cacheMax) {
        const [oldest] = cache.keys()
        if (oldest !== undefined) cache.delete(oldest)
      }
      return targets
    },
    close() {
      cache.clear()
      dns.cancel()
    },
  }
}

interface Names {
  readonly dns: NonNullable<SipResolverOptions['dns']>
  readonly lookup: NonNullable<SipResolverOptions['lookup']>
}

async function systemLookup(name: string): Promise<readonly string[]> {
  const found = await lookupAddress(name, { all: true })
  return found.map(({ address }) => address)
}

async function lookUp(
  names: Names,
  host: string,
  port: number | undefined,
  transport: SipTransportName | undefined,
): Promise<readonly SocketTarget[]> {
  const name = host.toLowerCase()
  // RFC 3263 §4.2: with a port there is no SRV.
  if (port === undefined && name !== 'localhost') {
    const transports: readonly SipTransportName[] = transport ? [transport] : ['udp', 'tcp']
    for (const wanted of transports) {
      const targets = await lookUpSrv(names, name, wanted)
      if (targets.length > 0) return targets
    }
  }
  const addresses = await addressesOf(names, name)
  return addresses
    .slice(0, targetsMax)
    .map((address) => ({ transport: transport ?? 'udp', address, port: port ?? 5060 }))
}

async function lookUpSrv(
  names: Names,
  name: string,
  transport: SipTransportName,
): Promise<readonly SocketTarget[]> {
  const records = await names.dns.resolveSrv(`_sip._${transport}.${name}`).catch(() => [])
  // RFC 2782: lowest priority first; within one, the heaviest first.
  records.sort((left, right) => left.priority - right.priority || right.weight - left.weight)
  const targets: SocketTarget[] = []
  for (const record of records.slice(0, targetsMax)) {
    const addresses = await addressesOf(names, record.name)
    for (const address of addresses) targets.push({ transport, address, port: record.port })
  }
  return targets.slice(0, targetsMax)
}

async function addressesOf({ dns, lookup }: Names, name: string): Promise<readonly string[]> {
  if (name === 'localhost') return ['127.0.0.1']
  if (!name.includes('.')) return lookup(name).catch(() => [])
  const [ipv4, ipv6] = await Promise.all([
    dns.resolve4(name).catch(() => []),
    dns.resolve6(name).catch(() => []),
  ])
  return [...ipv4, ...ipv6]
}
