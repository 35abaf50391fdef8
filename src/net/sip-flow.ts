/**
 * Sockets as the SIP engine sees them. Folders beside each other do not import each other, so these are
 * declared again; their shape is that of `sip/events.ts`.
 */
export type SipTransportName = 'udp' | 'tcp' | 'tls' | 'ws' | 'wss'

export interface SocketFlow {
  readonly transport: SipTransportName
  readonly localAddress: string
  readonly localPort: number
  readonly remoteAddress: string
  readonly remotePort: number
  readonly connectionId?: number
  /** Of a TLS connection that we opened: the name that its peer has a certificate for. */
  readonly serverName?: string
}

export interface SocketTarget {
  readonly transport: SipTransportName
  readonly address: string
  readonly port: number
  /** The name that a TLS certificate must be for; default: the address. */
  readonly serverName?: string
}

export interface SocketSendFailed {
  readonly type: 'sendFailed'
  readonly sendId: number
  readonly reason: string
  /** Set when a connection that we opened failed: who could not be reached. */
  readonly target?: SocketTarget
}

export type SocketInput =
  | { readonly type: 'received'; readonly flow: SocketFlow; readonly bytes: Uint8Array }
  | { readonly type: 'disconnected'; readonly connectionId: number }
  | SocketSendFailed

export interface SocketSend {
  readonly type: 'send'
  readonly sendId: number
  readonly flow?: SocketFlow
  readonly target: SocketTarget
  readonly bytes: Uint8Array
}

export type SocketOutput =
  | SocketSend
  | { readonly type: 'disconnect'; readonly connectionId: number }

export type SocketCounter =
  | 'rateLimited'
  | 'connectionsFull'
  | 'idleClosed'
  | 'backlogClosed'
  | 'sendFailed'
  /** TLS or WebSocket: no common ground, a certificate that is not trusted, or no time left. */
  | 'handshakeFailed'

/** IPv4 addresses that arrive on a socket for both families lose their ::ffff: prefix. */
export function plainAddress(address: string): string {
  return address.startsWith('::ffff:') && address.includes('.') ? address.slice(7) : address
}

export function isAnyAddress(host: string): boolean {
  return host === '0.0.0.0' || host === '::'
}
