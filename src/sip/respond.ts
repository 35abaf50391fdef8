import { createHmac } from 'node:crypto'
import type { Core } from './core.js'
import { type Destination, withTag } from './dialog.js'
import type { Flow, HeaderField, Target } from './events.js'
import { emptyBody, headerOf, headerValues, type SipRequest } from './message.js'
import { parseNameAddr } from './name-addr.js'
import { domainOf } from './request-domain.js'
import { serializeMessage } from './serializer.js'
import { reasonOf } from './status.js'
import type { ServerTransaction } from './transaction-layer.js'
import { formatHostPort } from './uri.js'
import { formatVia, parseVia, stampVia, type Via } from './via.js'

/** A request that is to be answered, with a transaction or without one. */
export interface Exchange {
  readonly request: SipRequest
  readonly flow: Flow
  readonly transaction?: ServerTransaction
  /** Of a datagram as it came [bytes]. */
  readonly length?: number
}

export interface ResponseParts {
  readonly reason?: string
  readonly toTag?: string
  readonly headers?: readonly HeaderField[]
  readonly sdp?: string
}

/** Where responses go (RFC 3261 §18.2.2, RFC 3581 §4); never to a name, never to maddr. */
export function replyDestination(flow: Flow, via: Via | undefined): Destination {
  const known = via !== undefined && !via.params.has('rport')
  const port = known ? (via.port ?? 5060) : flow.remotePort
  const target: Target = { transport: flow.transport, address: flow.remoteAddress, port }
  return { flow, target }
}

/** Answers a request; without a transaction the answer is a function of the request (§8.2.7). */
export function respond(
  core: Core,
  exchange: Exchange,
  status: number,
  parts: ResponseParts = {},
): Uint8Array {
  const bytes = responseBytes(core, exchange, status, parts)
  if (exchange.transaction) exchange.transaction.respond(status, bytes)
  else {
    const via = parseVia(headerOf(exchange.request.headers, 'Via') ?? '')
    if (amplifies(core, exchange, bytes)) core.count('amplification')
    else core.send(replyDestination(exchange.flow, via), bytes)
  }
  return bytes
}

/**
 * The source of a datagram may be forged, and is then flooded by our answers: a stranger gets none that is
 * much longer than what came. No phone sends so little.
 */
function amplifies(core: Core, { request, flow, length }: Exchange, answer: Uint8Array): boolean {
  if (length === undefined || answer.length <= amplificationMax * length) return false
  return !core.config.isTrusted(flow, domainOf(request), request.method)
}

const amplificationMax = 3

/** RFC 3261 §8.2.6. */
function responseBytes(
  core: Core,
  { request, flow }: Exchange,
  status: number,
  parts: ResponseParts,
): Uint8Array {
  const { headers } = request
  const fields: HeaderField[] = []
  const vias = headerValues(headers, 'Via')
  for (const [index, value] of vias.entries()) {
    const via = index === 0 ? parseVia(value) : undefined
    const stamped = via && formatVia(stampVia(via, flow.remoteAddress, flow.remotePort))
    fields.push({ name: 'Via', value: stamped ?? value })
  }
  const to = headerOf(headers, 'To')
  const tagged = to === undefined || parseNameAddr(to)?.params.has('tag') === true
  copy(fields, 'From', headerOf(headers, 'From'))
  const bare = tagged || status === 100
  copy(fields, 'To', bare ? to : withTag(to, parts.toTag ?? statelessTag(core, headers)))
  copy(fields, 'Call-ID', headerOf(headers, 'Call-ID'))
  copy(fields, 'CSeq', headerOf(headers, 'CSeq'))
  if (status === 100) copy(fields, 'Timestamp', headerOf(headers, 'Timestamp'))
  if (parts.toTag !== undefined && status < 300) {
    // RFC 3261 §12.1.1: what makes a dialog carries the route back.
    for (const value of headerValues(headers, 'Record-Route')) copy(fields, 'Record-Route', value)
  }
  fields.push({ name: 'Server', value: core.config.userAgent }, ...(parts.headers ?? []))
  if (parts.sdp !== undefined) copy(fields, 'Content-Type', 'application/sdp')
  const body = parts.sdp === undefined ? emptyBody : Buffer.from(parts.sdp, 'utf8')
  const reason = parts.reason ?? reasonOf(status)
  return serializeMessage({ type: 'response', status, reason, headers: fields, body })
}

function copy(fields: HeaderField[], name: string, value: string | undefined): void {
  if (value !== undefined) fields.push({ name, value })
}

/** RFC 3261 §8.2.7: the same request gets the same tag. */
function statelessTag(core: Core, headers: readonly HeaderField[]): string {
  const parts = ['Via', 'From', 'Call-ID', 'CSeq'].map((name) => headerOf(headers, name))
  return createHmac('sha256', core.tagKey).update(parts.join('\n')).digest('hex').slice(0, 16)
}

/** Our Contact toward a peer (RFC 3261 §8.1.1.8); sips: where the dialog was asked for so (§12.1.1). */
export function contactTo(core: Core, destination: Destination, secure = false): HeaderField {
  const { host, port } = core.config.advertised(destination.flow ?? destination.target)
  const { transport } = destination.target
  // RFC 5630 §3.1.3: sips: says TLS already.
  const bare = transport === 'udp' || (secure && transport === 'tls')
  const param = bare ? '' : `;transport=${transport}`
  const scheme = secure ? 'sips' : 'sip'
  return { name: 'Contact', value: `<${scheme}:${formatHostPort(host, port)}${param}>` }
}

export function allowField(core: Core): HeaderField {
  return { name: 'Allow', value: core.config.allow.join(', ') }
}

/** What a message that sets up a session says of us (RFC 3261 §13.2.1). */
export function abilityFields(core: Core): HeaderField[] {
  return [allowField(core), { name: 'Supported', value: supportedTags.join(', ') }]
}

/** RFC 3262, RFC 4028, RFC 3891, RFC 4488. */
export const supportedTags: readonly string[] = ['100rel', 'timer', 'replaces', 'norefersub']

export const acceptField: HeaderField = { name: 'Accept', value: 'application/sdp' }

const ownNames = new Set(
  [
    'Via From To Call-ID CSeq Contact Content-Length Content-Type Route Record-Route Max-Forwards',
    'Authorization Proxy-Authorization Server User-Agent Allow',
  ].flatMap((line) => line.toLowerCase().split(' ')),
)

/** Header fields of the call layer, without those that only the engine may write. */
export function foreignFields(headers: readonly HeaderField[] = []): HeaderField[] {
  return headers.filter(({ name }) => !ownNames.has(name.toLowerCase()))
}
