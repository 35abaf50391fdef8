import { lookup as dnsLookup, type LookupAddress } from 'node:dns'
import { isIP } from 'node:net'
import { Agent, buildConnector } from 'undici'
import type { AddressPolicy } from '../base/address-policy.js'

const portsMax = 100

export interface AgentLimits {
  readonly connectTimeoutMs: number
  readonly connectionsPerHost: number
}

/** The connection was refused by our own policy before a packet was sent. */
export class DestinationRefusedError extends Error {
  override readonly name = 'DestinationRefusedError'
  readonly code = 'ERR_DESTINATION_REFUSED'
}

/**
 * An HTTP agent that checks every address at the moment of connecting, so that neither a redirect nor
 * a name that changes its answer reaches an address the policy forbids.
 */
export function createGuardedAgent(policy: AddressPolicy, limits: AgentLimits): Agent {
  const connectTo = (port: number) =>
    buildConnector({
      timeout: limits.connectTimeoutMs,
      keepAlive: true,
      lookup: (hostname, options, callback) => {
        dnsLookup(hostname, { ...options, all: true }, (error, addresses) => {
          if (error) return callback(error, '', 0)
          const allowed = (addresses as LookupAddress[]).filter(({ address }) =>
            policy.allows(address, port),
          )
          if (allowed.length === 0) {
            return callback(
              new DestinationRefusedError(`${hostname} is not an allowed address`),
              '',
              0,
            )
          }
          const [first] = allowed as [LookupAddress]
          return options.all
            ? callback(null, allowed as never)
            : callback(null, first.address, first.family)
        })
      },
    })
  const connectors = new Map<number, buildConnector.connector>()
  return new Agent({
    connections: limits.connectionsPerHost,
    connect: (options, callback) => {
      const port = Number(options.port) || (options.protocol === 'https:' ? 443 : 80)
      const host = options.hostname.replace(/^\[|\]$/g, '')
      // Sockets do not look literals up.
      if (isIP(host) !== 0 && !policy.allows(host, port)) {
        callback(
          new DestinationRefusedError(`${host} port ${port} is not an allowed address`),
          null,
        )
        return
      }
      // A connector keeps TLS sessions; the policy needs to know the port of each lookup.
      const connect = connectors.get(port) ?? connectTo(port)
      if (connectors.size < portsMax) connectors.set(port, connect)
      connect(options, callback)
    },
  })
}
