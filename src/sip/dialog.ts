import type { Flow, HeaderField, Target } from './events.js'
import type { RequestEnvelope, ResponseEnvelope } from './inspect.js'
import { headerOf, headerValues } from './message.js'
import { parseNameAddr } from './name-addr.js'
import { isIpLiteral, parseSipUri } from './uri.js'

/** A place to send to: the flow when it is still there, else the target. */
export interface Destination {
  readonly flow?: Flow
  readonly target: Target
}

/** RFC 3261 §12. */
export interface Dialog {
  readonly callId: string
  readonly localTag: string
  readonly remoteTag: string
  /** From value of our requests, with our tag. */
  readonly local: string
  /** To value of our requests, with the tag of the peer. */
  readonly remote: string
  localCSeq: number
  remoteCSeq: number | undefined
  /** Contact of the peer; refreshed by INVITEs (§12.2). */
  remoteTarget: string
  readonly routeSet: readonly string[]
  /** Asked for by a sips: URI: everything stays encrypted (RFC 3261 §12.1.1). */
  readonly secure: boolean
  /** The way that overrides the route set: a connection, or the source of a peer behind a NAT. */
  destination: Destination | undefined
}

/** RFC 3261 §12.1.1. */
export function uasDialog(envelope: RequestEnvelope, localTag: string, flow: Flow): Dialog {
  const { request, from, to, contact } = envelope
  const routeSet = headerValues(request.headers, 'Record-Route')
  return {
    callId: envelope.callId,
    localTag,
    remoteTag: from.params.get('tag') ?? '',
    local: withTag(headerOf(request.headers, 'To') ?? `<${to.uri}>`, localTag),
    remote: headerOf(request.headers, 'From') ?? `<${from.uri}>`,
    localCSeq: 0,
    remoteCSeq: envelope.cseq,
    // RFC 2543 peers may send no Contact.
    remoteTarget: contact?.uri ?? from.uri,
    routeSet,
    secure: isSips(request.uri),
    destination: wayBack(envelope, flow),
  }
}

/** RFC 3261 §12.1.2. */
export function uacDialog(
  envelope: ResponseEnvelope,
  requestUri: string,
  cseq: number,
  flow: Flow,
): Dialog {
  const { response, from, to, contact } = envelope
  return {
    callId: envelope.callId,
    localTag: from.params.get('tag') ?? '',
    remoteTag: to.params.get('tag') ?? '',
    local: headerOf(response.headers, 'From') ?? '',
    remote: headerOf(response.headers, 'To') ?? '',
    localCSeq: cseq,
    remoteCSeq: undefined,
    remoteTarget: contact?.uri ?? requestUri,
    routeSet: headerValues(response.headers, 'Record-Route').reverse(),
    secure: isSips(requestUri),
    destination: flow.connectionId === undefined ? undefined : { flow, target: targetOf(flow) },
  }
}

/** Whether a URI is sips:. */
export function isSips(uri: string): boolean {
  return /^sips:/i.test(uri)
}

export function withTag(value: string, tag: string): string {
  const parsed = parseNameAddr(value)
  if (!parsed || parsed.params.has('tag')) return value
  // A parameter after a bare addr-spec belongs to the header field (RFC 3261 §20.10).
  return `${value};tag=${tag}`
}

function wayBack(envelope: RequestEnvelope, flow: Flow): Destination | undefined {
  const routed = headerOf(envelope.request.headers, 'Record-Route') !== undefined
  if (flow.connectionId !== undefined) {
    return { flow, target: (routed ? undefined : contactTarget(envelope, flow)) ?? targetOf(flow) }
  }
  const { via, viaCount } = envelope
  const moved = via.host !== flow.remoteAddress || (via.port ?? 5060) !== flow.remotePort
  const behindNat = viaCount === 1 && isIpLiteral(via.host) && moved && via.params.has('rport')
  return behindNat && !routed ? { target: targetOf(flow) } : undefined
}

/** Where a new connection would go when that of the INVITE is gone. */
function contactTarget({ contact }: RequestEnvelope, flow: Flow): Target | undefined {
  const uri = contact && parseSipUri(contact.uri)
  if (!uri || !isIpLiteral(uri.host)) return undefined
  const { transport } = flow
  // A WebSocket client cannot be connected to (RFC 7118 §4).
  if (transport === 'ws' || transport === 'wss') return undefined
  return { transport, address: uri.host, port: uri.port ?? (transport === 'tls' ? 5061 : 5060) }
}

export function targetOf(flow: Flow): Target {
  return { transport: flow.transport, address: flow.remoteAddress, port: flow.remotePort }
}

export interface RoutedRequest {
  readonly uri: string
  readonly routes: readonly HeaderField[]
  /** The URI whose host gets the request. */
  readonly nextHop: string
}

/** Request-URI and Route of a request within the dialog (RFC 3261 §12.2.1.1). */
export function routeRequest(dialog: Dialog): RoutedRequest {
  const routes = dialog.routeSet
  const firstUri = routes[0] === undefined ? undefined : parseNameAddr(routes[0])?.uri
  if (firstUri === undefined)
    return { uri: dialog.remoteTarget, routes: [], nextHop: dialog.remoteTarget }
  if (parseSipUri(firstUri)?.params.has('lr')) {
    return { uri: dialog.remoteTarget, routes: routes.map(asRoute), nextHop: firstUri }
  }
  // A strict router wants to see itself in the Request-URI, the target last in Route.
  const rest = [...routes.slice(1), `<${dialog.remoteTarget}>`]
  return { uri: firstUri, routes: rest.map(asRoute), nextHop: firstUri }
}

function asRoute(value: string): HeaderField {
  return { name: 'Route', value }
}
