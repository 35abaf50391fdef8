import type { Core } from './core.js'
import type { Target, Transport } from './events.js'
import { isIpLiteral, parseSipUri, type SipUri } from './uri.js'

const targetsMax = 16

/** Where a request for `uri` goes, best first (RFC 3263 §4); none when that cannot be found out. */
export function locate(core: Core, uri: string, then: (targets: readonly Target[]) => void): void {
  const parsed = parseSipUri(uri)
  const transport = parsed && transportOf(parsed)
  if (!parsed || transport === 'unsupported') {
    then([])
    return
  }
  const { host, port } = parsed
  const secure = parsed.scheme === 'sips'
  // RFC 3261 §19.1.1: maddr is where to send to, whatever the host is.
  const maddr = parsed.params.get('maddr')?.replace(/^\[|\]$/g, '')
  const address = maddr !== undefined && isIpLiteral(maddr) ? maddr : host
  if (isIpLiteral(address)) {
    const literal = transport ?? (secure ? 'tls' : 'udp')
    const server = literal === 'tls' && address !== host ? { serverName: host } : {}
    then([{ transport: literal, address, port: port ?? defaultPort(literal), ...server }])
    return
  }
  core.ask({ what: 'resolve', host, port, transport, secure }, (answer) => {
    then(answer?.what === 'resolve' ? answer.targets.slice(0, targetsMax) : [])
  })
}

/** RFC 3261 §19.1.2. */
export function defaultPort(transport: Transport): number {
  return transport === 'tls' ? 5061 : 5060
}

/** We call nobody over WebSocket: its clients have no address (RFC 7118 §4). */
function transportOf({ params, scheme }: SipUri): Transport | undefined | 'unsupported' {
  const name = params.get('transport')?.toLowerCase()
  if (name === undefined) return undefined
  if (name === 'tls') return 'tls'
  // RFC 3261 §26.2.2: with sips the parameter names what is beneath TLS.
  if (scheme === 'sips') return name === 'tcp' ? 'tls' : 'unsupported'
  return name === 'udp' || name === 'tcp' ? name : 'unsupported'
}
