import { lookup as lookupAddress, type Resolver } from 'node:dns/promises'

/** Asks name servers; those of the system, or a test's. */
export type DnsClient = Pick<
  Resolver,
  'resolve4' | 'resolve6' | 'resolveNaptr' | 'resolveSrv' | 'cancel'
>

export interface Names {
  readonly dns: DnsClient
  /** Finds names without a dot, as the hosts file has them. */
  readonly lookup: (name: string) => Promise<readonly string[]>
  /** Families of addresses that we can send to. */
  readonly families: readonly (4 | 6)[]
}

export type DnsTransport = 'udp' | 'tcp' | 'tls'

/** Addresses of a name with what chooses among several: one SRV record, or the name itself. */
export interface Place {
  readonly transport: DnsTransport
  readonly port: number
  readonly addresses: readonly string[]
  /** Places of a lower rank come first; within one the weight decides (RFC 2782). */
  readonly rank: number
  readonly weight: number
}

const recordsMax = 16
const naptrMax = 8

export const srvNames = {
  udp: '_sip._udp.',
  tcp: '_sip._tcp.',
  tls: '_sips._tcp.',
} as const satisfies { readonly [transport in DnsTransport]: string }

const services: { readonly [service: string]: DnsTransport } = {
  'SIP+D2U': 'udp',
  'SIP+D2T': 'tcp',
  'SIPS+D2T': 'tls',
}

export async function systemLookup(name: string): Promise<readonly string[]> {
  const found = await lookupAddress(name, { all: true })
  return found.map(({ address }) => address)
}

/** SRV names in the order that the domain wants them asked in (RFC 3263 §4.1); often none. */
export async function naptrChoices(
  { dns }: Names,
  name: string,
  secure: boolean,
): Promise<readonly { readonly transport: DnsTransport; readonly srvName: string }[]> {
  const records = await dns.resolveNaptr(name).catch(() => [])
  return records
    .flatMap(({ flags, service, replacement, order, preference }) => {
      const transport = services[service.toUpperCase()]
      const fits = transport && (!secure || transport === 'tls')
      if (!fits || flags.toLowerCase() !== 's' || replacement === '') return []
      return [{ transport, srvName: replacement, order, preference }]
    })
    .sort((left, right) => left.order - right.order || left.preference - right.preference)
    .slice(0, naptrMax)
}

/** Undefined: there are no such records; none: the service is decidedly not there (RFC 2782). */
export async function srvPlaces(
  names: Names,
  srvName: string,
  transport: DnsTransport,
): Promise<readonly Place[] | undefined> {
  const records = await names.dns.resolveSrv(srvName).catch(() => [])
  if (records.length === 0) return undefined
  const best = records
    .filter(({ name }) => name !== '' && name !== '.')
    .sort((left, right) => left.priority - right.priority)
    .slice(0, recordsMax)
  return Promise.all(
    best.map(async ({ name, port, priority, weight }) => {
      const addresses = await addressesOf(names, name)
      return { transport, port, addresses, rank: priority, weight }
    }),
  )
}

export async function addressesOf(
  { dns, lookup, families }: Names,
  name: string,
): Promise<readonly string[]> {
  if (name === 'localhost') return families.includes(4) ? ['127.0.0.1'] : ['::1']
  if (!name.includes('.')) {
    const found = await lookup(name).catch(() => [])
    return found.filter((address) => families.includes(address.includes(':') ? 6 : 4))
  }
  const [ipv4, ipv6] = await Promise.all([
    families.includes(4) ? dns.resolve4(name).catch(() => []) : [],
    families.includes(6) ? dns.resolve6(name).catch(() => []) : [],
  ])
  return [...ipv4, ...ipv6].slice(0, recordsMax)
}

/** RFC 2782: by rank; within one, drawn by weight. `random` gives numbers from 0 to below 1. */
export function drawn(places: readonly Place[], random: () => number): Place[] {
  const ranks = [...new Set(places.map(({ rank }) => rank))].sort((left, right) => left - right)
  return ranks.flatMap((rank) => drawByWeight(places, rank, random))
}

function drawByWeight(places: readonly Place[], rank: number, random: () => number): Place[] {
  // Those without a weight first, so that they have a small chance.
  const left = places
    .filter((place) => place.rank === rank)
    .sort((one, other) => one.weight - other.weight)
  const order: Place[] = []
  while (left.length > 0) {
    const total = left.reduce((sum, { weight }) => sum + weight, 0)
    const mark = Math.floor(random() * (total + 1))
    let index = 0
    for (let sum = left[0]?.weight ?? 0; sum < mark; sum += left[index]?.weight ?? mark) index++
    order.push(...left.splice(index, 1))
  }
  return order
}
