import { lookup as dnsLookup, type LookupAddress } from 'node:dns'
import { isIP } from 'node:net'
import { buildConnector, Pool } from 'undici'
import type { AddressPolicy } from '../base/address-policy.js'
import { noteUse } from './stale-connections.js'

export interface PoolLimits {
  readonly connectTimeoutMs: number
  readonly connections: number
  readonly hasSni: boolean
}

/** The connection was refused by our own policy before a packet was sent. */
export class DestinationRefusedError extends Error {
  override readonly name = 'DestinationRefusedError'
  readonly code = 'ERR_DESTINATION_REFUSED'
}

/**
 * Connections to the origin of `url` that check every address at the moment of connecting, so that
 * neither a redirect nor a name that changes its answer reaches an address the policy forbids.
 */
export function createGuardedPool(url: URL, policy: AddressPolicy, limits: PoolLimits): Pool {
  const port = Number(url.port) || (url.protocol === 'https:' ? 443 : 80)
  const connect = guardedConnector(port, policy, limits.connectTimeoutMs)
  return new Pool(url.origin, {
    connections: limits.connections,
    connect: (options, callback) => {
      const host = options.hostname.replace(/^\[|\]$/g, '')
      // Sockets do not look literals up.
      if (isIP(host) !== 0 && !policy.allows(host, port)) {
        callback(
          new DestinationRefusedError(`${host} port ${port} is not an allowed address`),
          null,
        )
        return
      }
      // An address is never named in TLS; the certificate is compared with `hostname` all the same.
      const where = limits.hasSni ? options : { ...options, host: '0.0.0.0', servername: '' }
      connect(where, (...outcome) => {
        const [, socket] = outcome
        if (socket) noteUse(socket)
        callback(...outcome)
      })
    },
  })
}

function guardedConnector(port: number, policy: AddressPolicy, timeoutMs: number) {
  return buildConnector({
    timeout: timeoutMs,
    keepAlive: true,
    lookup: (hostname, options, callback) => {
      dnsLookup(hostname, { ...options, all: true }, (error, addresses) => {
        if (error) return callback(error, '', 0)
        const allowed = (addresses as LookupAddress[]).filter(({ address }) =>
          policy.allows(address, port),
        )
        if (allowed.length === 0) {
          const reason = `${hostname} is not an allowed address`
          return callback(new DestinationRefusedError(reason), '', 0)
        }
        const [first] = allowed as [LookupAddress]
        return options.all
          ? callback(null, allowed as never)
          : callback(null, first.address, first.family)
      })
    },
  })
}
