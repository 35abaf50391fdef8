import { writeCrypto } from './security.js'
import type { Attribute, MediaDescription, SessionDescription } from './session-description.js'

/** The text of a description (RFC 8866 §5), lines in their order, CRLF. */
export function writeSdp(description: SessionDescription): string {
  const { origin, connection, direction, attributes, media } = description
  const lines = [
    'v=0',
    `o=${origin.username} ${origin.sessionId} ${origin.version} IN ${addressOf(origin.address)}`,
    's=-',
    ...(connection === undefined ? [] : [`c=IN ${addressOf(connection)}`]),
    't=0 0',
    ...(direction === undefined ? [] : [`a=${direction}`]),
    ...attributes.map(attributeLine),
    ...media.flatMap(mediaLines),
  ]
  return `${lines.join('\r\n')}\r\n`
}

function mediaLines(media: MediaDescription): string[] {
  const lines = [`m=${media.kind} ${media.port} ${media.protocol} ${media.formats.join(' ')}`]
  if (media.connection !== undefined) lines.push(`c=IN ${addressOf(media.connection)}`)
  for (const [type, { name, clockRateHz, channels }] of media.rtpmaps) {
    lines.push(`a=rtpmap:${type} ${name}/${clockRateHz}${channels ? `/${channels}` : ''}`)
  }
  for (const [type, parameters] of media.fmtps) lines.push(`a=fmtp:${type} ${parameters}`)
  for (const crypto of media.cryptos) lines.push(`a=crypto:${writeCrypto(crypto)}`)
  for (const { id, direction, uri } of media.extensions) {
    lines.push(`a=extmap:${id}${direction ? `/${direction}` : ''} ${uri}`)
  }
  if (media.rtcpMux) lines.push('a=rtcp-mux')
  if (media.ptimeMs !== undefined) lines.push(`a=ptime:${media.ptimeMs}`)
  if (media.maxptimeMs !== undefined) lines.push(`a=maxptime:${media.maxptimeMs}`)
  if (media.direction !== undefined) lines.push(`a=${media.direction}`)
  lines.push(...media.attributes.map(attributeLine))
  return lines
}

function attributeLine({ name, value }: Attribute): string {
  return value === undefined ? `a=${name}` : `a=${name}:${value}`
}

function addressOf(address: string): string {
  return `${address.includes(':') ? 'IP6' : 'IP4'} ${address}`
}
