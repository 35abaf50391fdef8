import { formatParams, type Params, parseParams } from './grammar.js'
import { formatHostPort, parseHostPort } from './uri.js'

/** One Via value (RFC 3261 §20.42). */
export interface Via {
  /** As written: UDP, TCP, TLS ... */
  readonly transport: string
  readonly host: string
  readonly port: number | undefined
  readonly params: Params
}

/** Branches of RFC 3261 begin with this (§8.1.1.7). */
export const magicCookie = 'z9hG4bK'

const viaPattern = /^SIP\s*\/\s*2\.0\s*\/\s*([A-Za-z0-9\-.!%*_+`'~]+)\s+([^\s;:[\]]+|\[[^\s\]]+\])/i

export function parseVia(text: string): Via | undefined {
  const match = viaPattern.exec(text)
  if (!match?.[1] || !match[2]) return undefined
  const rest = text.slice(match[0].length)
  const semicolon = rest.indexOf(';')
  const portText = semicolon < 0 ? rest : rest.slice(0, semicolon)
  const sentBy = parseHostPort(match[2] + portText.replace(/\s+/g, ''))
  const params = parseParams(semicolon < 0 ? '' : rest.slice(semicolon))
  if (!sentBy || !params) return undefined
  return { transport: match[1], host: sentBy.host, port: sentBy.port, params }
}

export function formatVia(via: Via): string {
  const sentBy = formatHostPort(via.host, via.port)
  return `SIP/2.0/${via.transport} ${sentBy}${formatParams(via.params)}`
}

/** What a server adds to the top Via of a request (RFC 3261 §18.2.1, RFC 3581 §4). */
export function stampVia(via: Via, sourceAddress: string, sourcePort: number): Via {
  const wantsPort = via.params.has('rport')
  if (!wantsPort && via.host === sourceAddress) return via
  const params = new Map(via.params)
  params.set('received', sourceAddress)
  if (wantsPort) params.set('rport', String(sourcePort))
  return { ...via, params }
}
