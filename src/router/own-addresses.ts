import { isIP, isIPv6 } from 'node:net'
import { networkInterfaces } from 'node:os'
import { isLoopbackAddress } from '../base/address-policy.js'

export interface OwnHosts {
  /** Addresses that we listen at. */
  readonly hosts: readonly string[]
  readonly publicHost: string | undefined
}

/** The address that a peer can reach us at; `localAddress` is the one that it has come to, if it has. */
export function advertisedHost(
  { hosts, publicHost }: OwnHosts,
  peerAddress: string,
  localAddress?: string,
): string {
  if (publicHost !== undefined && suits(publicHost, peerAddress)) return publicHost
  const host = localAddress ?? hostTowards(hosts, peerAddress)
  if (!isAny(host)) return host
  if (isLoopbackAddress(peerAddress)) return isIPv6(peerAddress) ? '::1' : '127.0.0.1'
  const addresses = Object.values(networkInterfaces()).flatMap((all) => all ?? [])
  const family = isIPv6(peerAddress) ? 'IPv6' : 'IPv4'
  const own = addresses.find((one) => !one.internal && one.family === family)
  return own?.address ?? '127.0.0.1'
}

/** The first of our hosts that has the family of the peer; the first of all when none has. */
export function hostTowards(hosts: readonly string[], peerAddress: string): string {
  const host = hosts.find((one) => isIPv6(one) === isIPv6(peerAddress)) ?? hosts[0]
  if (host === undefined) throw new Error('no host to listen at')
  return host
}

/** Families of addresses that sockets at these hosts can send to. */
export function familiesOf(hosts: readonly string[]): readonly (4 | 6)[] {
  // A lone :: is a socket for both.
  const ipv4 = hosts.some((host) => !isIPv6(host)) || (hosts.length === 1 && hosts[0] === '::')
  const families: readonly (4 | 6)[] = [4, 6]
  return families.filter((family) => (family === 4 ? ipv4 : hosts.some((host) => isIPv6(host))))
}

/** The addresses that a listener bound to `host` answers at. */
export function ownAddresses(host: string): string[] {
  if (host === 'localhost') return ['127.0.0.1', '::1']
  if (!isAny(host)) return [host]
  const addresses = Object.values(networkInterfaces()).flatMap((all) => all ?? [])
  return [host, ...addresses.map(({ address }) => address)]
}

/** A name may have addresses of both families; a literal helps only peers of its own. */
function suits(publicHost: string, peerAddress: string): boolean {
  const family = isIP(publicHost.replace(/^\[|\]$/g, ''))
  return family === 0 || peerAddress === '' || family === (isIPv6(peerAddress) ? 6 : 4)
}

function isAny(host: string): boolean {
  return host === '0.0.0.0' || host === '::'
}
