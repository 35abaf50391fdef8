import type { AddressPolicy } from '../base/address-policy.js'
import type { Routes } from '../call/ports.js'
import type { SipResolver } from '../net/sip-resolver.js'
import { formatHostPort, parseSipUri } from '../sip/uri.js'
import { routeNumber, type Trunk } from './trunks.js'

const uriLengthMax = 255

/**
 * Where calls go: numbers by the trunk table; SIP URIs of documents where they say, if the policy
 * allows the address. The address that was checked is the one that is called.
 */
export function createRoutes(
  trunks: readonly Trunk[],
  resolver: SipResolver,
  policy: AddressPolicy,
): Routes {
  return {
    number: (phoneNumber) => routeNumber(trunks, phoneNumber),
    async sipUri(text) {
      const uri = text.length <= uriLengthMax ? parseSipUri(text) : undefined
      if (!uri) return undefined
      const wanted = /;transport=(udp|tcp)/i.exec(text)?.[1]?.toLowerCase() as
        | 'udp'
        | 'tcp'
        | undefined
      const targets = await resolver.resolve(uri.host, uri.port, wanted)
      const target = targets.find(({ address, port }) => policy.allows(address, port))
      if (!target) return undefined
      const nextHop = `sip:${formatHostPort(target.address, target.port)};transport=${target.transport}`
      // A document chose this peer: its media goes where requests may go, or to itself.
      const mayReach = (address: string) => address === target.address || policy.allows(address)
      return { target: text, nextHop, credentials: undefined, mayReach }
    },
  }
}
