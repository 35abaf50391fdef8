import { networkInterfaces } from 'node:os'
import { isLoopbackAddress } from '../base/address-policy.js'

/** The address that a peer can reach us at. */
export function advertisedHost(
  config: { readonly host: string; readonly publicHost: string | undefined },
  peerAddress: string,
): string {
  if (config.publicHost !== undefined) return config.publicHost
  if (!isAny(config.host)) return config.host
  if (isLoopbackAddress(peerAddress)) return peerAddress.includes(':') ? '::1' : '127.0.0.1'
  const addresses = Object.values(networkInterfaces()).flatMap((all) => all ?? [])
  const family = peerAddress.includes(':') ? 'IPv6' : 'IPv4'
  const own = addresses.find((one) => !one.internal && one.family === family)
  return own?.address ?? '127.0.0.1'
}

/** The addresses that a listener bound to `host` answers at. */
export function ownAddresses(host: string): string[] {
  if (host === 'localhost') return ['127.0.0.1', '::1']
  if (!isAny(host)) return [host]
  const addresses = Object.values(networkInterfaces()).flatMap((all) => all ?? [])
  return [host, ...addresses.map(({ address }) => address)]
}

function isAny(host: string): boolean {
  return host === '0.0.0.0' || host === '::'
}
