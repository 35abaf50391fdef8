import type { Core } from './core.js'
import type { Target, Transport } from './events.js'
import { isIpLiteral, parseSipUri } from './uri.js'

const targetsMax = 16

/** Where a request for `uri` goes, best first (RFC 3263 §4); none when that cannot be found out. */
export function locate(core: Core, uri: string, then: (targets: readonly Target[]) => void): void {
  const parsed = parseSipUri(uri)
  const transport = parsed && transportOf(parsed.params.get('transport'), parsed.scheme)
  if (!parsed || transport === 'unsupported') {
    then([])
    return
  }
  const { host, port } = parsed
  if (isIpLiteral(host)) {
    then([{ transport: transport ?? 'udp', address: host, port: port ?? 5060 }])
    return
  }
  core.ask({ what: 'resolve', host, port, transport }, (answer) => {
    then(answer?.what === 'resolve' ? answer.targets.slice(0, targetsMax) : [])
  })
}

function transportOf(
  param: string | undefined,
  scheme: 'sip' | 'sips',
): Transport | undefined | 'unsupported' {
  if (scheme === 'sips') return 'unsupported'
  if (param === undefined) return undefined
  const name = param.toLowerCase()
  return name === 'udp' || name === 'tcp' ? name : 'unsupported'
}
