import { headerOf, type SipRequest } from './message.js'
import { parseNameAddr } from './name-addr.js'
import { parseSipUri } from './uri.js'

/**
 * The domain whose user or peer sends this: that of the address of record of a REGISTER (RFC 3261
 * §10.2), else that of the Request-URI. Empty: none that could be read.
 */
export function domainOf(request: SipRequest): string {
  const { method, uri, headers } = request
  const named = method === 'REGISTER' ? parseNameAddr(headerOf(headers, 'To') ?? '')?.uri : uri
  return parseSipUri(named ?? '')?.host ?? ''
}
