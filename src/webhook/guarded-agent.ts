import { lookup as dnsLookup, type LookupAddress } from 'node:dns'
import { isIP } from 'node:net'
import { Agent, buildConnector } from 'undici'
import type { AddressPolicy } from '../base/address-policy.js'

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
  const connect = buildConnector({
    timeout: limits.connectTimeoutMs,
    keepAlive: true,
    lookup: (hostname, options, callback) => {
      dnsLookup(hostname, { ...options, all: true }, (error, addresses) => {
        if (error) return callback(error, '', 0)
        const allowed = (addresses as LookupAddress[]).filter(({ address }) =>
          policy.allows(address),
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
  return new Agent({
    connections: limits.connectionsPerHost,
    connect: (options, callback) => {
      const port = Number(options.port) || (options.protocol === 'https:' ? 443 : 80)
      const host = options.hostname.replace(/^\[|\]$/g, '')
      const literal = isIP(host) !== 0
      if (literal ? !policy.allows(host, port) : isOwnName(policy, host, port)) {
        callback(
          new DestinationRefusedError(`${host} port ${port} is not an allowed address`),
          null,
        )
        return
      }
      connect(options, callback)
    },
  })
}

function isOwnName(policy: AddressPolicy, host: string, port: number): boolean {
  return host === 'localhost' && !policy.allows('127.0.0.1', port) && policy.allows('127.0.0.1')
}
