import type { AddressPolicy } from '../base/address-policy.js'
import type { Route, Routes } from '../call/ports.js'
import type { SipDomainConfig } from '../call/sip-domain.js'
import { isDialable } from '../call/trunk-gateway.js'
import { takeExtras } from '../call/uri-extras.js'
import type { SipResolver } from '../net/sip-resolver.js'
import type { Target } from '../sip/events.js'
import { parseNameAddr } from '../sip/name-addr.js'
import type { Binding } from '../sip/outside-events.js'
import { formatHostPort, parseSipUri, type SipUri, userOf } from '../sip/uri.js'

/** With its header fields. */
const uriLengthMax = 1_500
const transports = ['udp', 'tcp', 'tls'] as const

export interface RouteParts {
  /** Where numbers go, and which of them may be called. */
  readonly trunks: Pick<Routes, 'number' | 'allows'> & { isGateway(address: string): boolean }
  readonly resolver: SipResolver
  readonly policy: AddressPolicy
  readonly devices: { find(user: string, domainName?: string): readonly Binding[] }
  readonly domains: { find(host: string): SipDomainConfig | undefined }
  /** Whether a URI names a user of ours, not a host. */
  isOwnUri(uri: SipUri): boolean
}

/**
 * Where calls go: numbers by the trunk table; users of ours to their devices; other SIP URIs of documents
 * where they say, if the policy allows the address. The address that was checked is the one that is called.
 */
export function createRoutes(parts: RouteParts): Routes {
  const { trunks, resolver, policy } = parts
  const routes: Routes = {
    number: (phoneNumber, dialler) => trunks.number(phoneNumber, dialler),
    allows: (phoneNumber, accountSid) => trunks.allows(phoneNumber, accountSid),
    async sipUri(text, { accountSid }) {
      const uri = text.length <= uriLengthMax ? parseSipUri(text) : undefined
      if (!uri) return undefined
      if (parts.isOwnUri(uri)) return routes.device(userOf(uri) ?? '')
      const domain = parts.domains.find(uri.host)
      // The name says nothing to others: it need not be the account's in the DNS.
      if (domain?.accountSid === accountSid) {
        return routes.device(userOf(uri) ?? '', domain.domainName)
      }
      const targets = await targetsOf(uri, resolver)
      const target = targets.find(({ address, port }) => policy.allows(address, port))
      if (!target) return undefined
      // A carrier that knows us by our address would call that number for us.
      const phoneNumber = trunks.isGateway(target.address) ? numberOf(uri) : undefined
      if (phoneNumber !== undefined && !trunks.allows(phoneNumber, accountSid)) return undefined
      // A document chose this peer: its media goes where requests may go, or to itself.
      const mayReach = (address: string) => address === target.address || policy.allows(address)
      return { ...takeExtras(text), nextHop: hopTo(target), credentials: undefined, mayReach }
    },
    async device(user, domainName) {
      const bindings = parts.devices.find(user, domainName)
      const ways = await Promise.all(bindings.map((binding) => wayTo(binding, parts)))
      const [best, ...alternatives] = ways.filter((way) => way !== undefined)
      if (!best) return 'notRegistered'
      const sources = new Set(bindings.map(({ flow }) => flow.remoteAddress))
      const mayReach = (address: string) => sources.has(address) || policy.allows(address)
      const route: Route = { nextHop: undefined, ...best, credentials: undefined, mayReach }
      return alternatives.length === 0 ? route : { ...route, alternatives }
    },
  }
  return routes
}

type Way = NonNullable<Route['alternatives']>[number]

/**
 * A device is called back over its flow, so that its Contact names nothing that we would send to. A Path
 * is what the device told us of proxies: it is followed where a document might send us, too.
 */
async function wayTo(
  { contactUri, flow, path }: Binding,
  { resolver, policy }: RouteParts,
): Promise<Way | undefined> {
  // A Request-URI has no header fields (RFC 3261 §19.1.1).
  const target = contactUri.split('?', 1)[0] ?? contactUri
  const [first] = path
  if (first === undefined) return { target, flow }
  const hop = parseSipUri(parseNameAddr(first)?.uri ?? '')
  if (!hop) return undefined
  const targets = await targetsOf(hop, resolver)
  const allowed = targets.find(
    ({ address, port }) => address === flow.remoteAddress || policy.allows(address, port),
  )
  return allowed && { target, routes: path, nextHop: hopTo(allowed) }
}

/** The number that a carrier makes of the user (RFC 3966 §5.1: separators and parameters say nothing). */
function numberOf(uri: SipUri): string | undefined {
  const plain = (userOf(uri) ?? '').split(';', 1)[0]?.replace(/[\s().-]/g, '') ?? ''
  return isDialable(plain) ? plain : undefined
}

async function targetsOf(uri: SipUri, resolver: SipResolver): Promise<readonly Target[]> {
  const named = uri.params.get('transport')?.toLowerCase()
  const transport = transports.find((one) => one === named)
  if (named !== undefined && transport === undefined) return []
  return resolver.resolve(uri.host, uri.port, transport, uri.scheme === 'sips')
}

/** With TLS the host stays the name that the certificate must be for, and maddr says where that is. */
function hopTo({ address, port, transport, serverName = address }: Target): string {
  const where = serverName === address ? '' : `;maddr=${formatHostPort(address)}`
  return `sip:${formatHostPort(serverName, port)};transport=${transport}${where}`
}
