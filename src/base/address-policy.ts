import ipaddr from 'ipaddr.js'

type Cidr = [ipaddr.IPv4 | ipaddr.IPv6, number]

/** True when `address` lies in one of the ranges; IPv4-mapped IPv6 addresses count as IPv4. */
export class CidrSet {
  readonly #ranges: readonly Cidr[]
  readonly #verdicts = new Map<string, boolean>()

  /** `cidrs`: 'a.b.c.d/n' or a bare address. Throws for text that is neither. */
  constructor(cidrs: readonly string[]) {
    this.#ranges = cidrs.map(parseCidr)
  }

  get isEmpty(): boolean {
    return this.#ranges.length === 0
  }

  /** What was asked before is remembered: a flood of packets comes from few addresses, or is dropped. */
  has(address: string): boolean {
    const known = this.#verdicts.get(address)
    if (known !== undefined) return known
    const parsed = parseAddress(address)
    const verdict = parsed !== undefined && this.#ranges.some((range) => matches(parsed, range))
    if (this.#verdicts.size >= verdictsMax) this.#verdicts.clear()
    this.#verdicts.set(address, verdict)
    return verdict
  }
}

const verdictsMax = 4096

export interface Listener {
  readonly address: string
  readonly port: number
}

/**
 * Decides which addresses a request that strangers can influence may reach (DESIGN: destinations).
 * Public unicast addresses are allowed; private ones only inside `allowed`; link-local addresses and
 * our own listeners never.
 */
export class AddressPolicy {
  readonly #allowed: CidrSet
  readonly #listeners: readonly Listener[]

  constructor(allowed: readonly string[], listeners: readonly Listener[] = []) {
    this.#allowed = new CidrSet(allowed)
    this.#listeners = listeners
  }

  allows(address: string, port?: number): boolean {
    const parsed = parseAddress(address)
    if (!parsed) return false
    if (parsed.range() === 'linkLocal') return false
    if (port !== undefined && this.#isOurs(parsed, port)) return false
    return parsed.range() === 'unicast' || this.#allowed.has(address)
  }

  #isOurs(address: ipaddr.IPv4 | ipaddr.IPv6, port: number): boolean {
    return this.#listeners.some((listener) => {
      if (listener.port !== port) return false
      const own = parseAddress(listener.address)
      if (!own) return false
      const any = own.range() === 'unspecified'
      return any ? address.range() === 'loopback' : own.toString() === address.toString()
    })
  }
}

export function isLoopbackAddress(address: string): boolean {
  return parseAddress(address)?.range() === 'loopback'
}

function parseAddress(text: string): ipaddr.IPv4 | ipaddr.IPv6 | undefined {
  const bare = text.startsWith('[') && text.endsWith(']') ? text.slice(1, -1) : text
  if (!ipaddr.isValid(bare)) return undefined
  const address = ipaddr.process(bare)
  if (!(address instanceof ipaddr.IPv6)) return address
  // RFC 4291 §2.5.5.1: ::a.b.c.d, but :: and ::1.
  const { parts } = address
  const isCompatible = parts.slice(0, 6).every((part) => part === 0) && (parts[6] as number) > 0
  return isCompatible ? new ipaddr.IPv4(address.toByteArray().slice(12)) : address
}

function parseCidr(text: string): Cidr {
  if (text.includes('/')) return ipaddr.parseCIDR(text)
  const address = ipaddr.parse(text)
  return [address, address.kind() === 'ipv4' ? 32 : 128]
}

function matches(address: ipaddr.IPv4 | ipaddr.IPv6, [network, bits]: Cidr): boolean {
  return address.kind() === network.kind() && address.match(network as ipaddr.IPv4, bits)
}
