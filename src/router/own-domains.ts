import { isIpLiteral, type SipUri } from '../sip/uri.js'
import { ownAddresses } from './own-addresses.js'

export interface OwnDomainsConfig {
  readonly hosts: readonly string[]
  readonly realm: string
  readonly publicHost: string | undefined
}

/** The domains whose users register here. */
export function ownDomains({ hosts, realm, publicHost }: OwnDomainsConfig): ReadonlySet<string> {
  const names = [realm, publicHost ?? realm, 'localhost', ...hosts.flatMap(ownAddresses)]
  return new Set(names.map((name) => name.toLowerCase()))
}

/** Whether a URI names a user of ours. Behind another port of our host somebody else may listen. */
export function isOwnUri(uri: SipUri, domains: ReadonlySet<string>, port: number): boolean {
  if (!domains.has(uri.host)) return false
  if (uri.port !== undefined) return uri.port === port
  const isMachine = isIpLiteral(uri.host) || uri.host === 'localhost'
  return !isMachine || port === 5060
}
