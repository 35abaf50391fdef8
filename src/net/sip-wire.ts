import { isUtf8 } from 'node:buffer'
import type { Socket } from 'node:net'
import type { WebSocket } from 'ws'
import type { SipTransportName } from './sip-flow.js'

/** What carries the bytes of one connection: a TCP or TLS socket, or a WebSocket on one. */
export interface Wire {
  readonly transport: SipTransportName
  readonly socket: Socket
  /** The event of the socket after which it may carry our bytes; undefined: it may now. */
  readonly opensWith?: 'connect' | 'secure' | 'secureConnect'
  readonly waitingBytes: number
  write(bytes: Uint8Array, done: (error?: Error | null) => void): void
  /** `onBytes` gets what arrives; `onTrifle` is told of what costs us work but carries nothing. */
  listen(onBytes: (bytes: Uint8Array) => void, onTrifle: () => void): void
}

export function streamWire(
  transport: 'tcp' | 'tls',
  socket: Socket,
  opensWith?: Wire['opensWith'],
): Wire {
  return {
    transport,
    socket,
    ...(opensWith === undefined ? {} : { opensWith }),
    get waitingBytes() {
      return socket.writableLength
    },
    write: (bytes, done) => {
      socket.write(bytes, done)
    },
    listen: (onBytes) => {
      socket.on('data', onBytes)
    },
  }
}

/** RFC 7118 §4.2: each message is one frame, text or binary. */
export function webSocketWire(transport: 'ws' | 'wss', socket: Socket, webSocket: WebSocket): Wire {
  return {
    transport,
    socket,
    get waitingBytes() {
      return webSocket.bufferedAmount
    },
    write: (bytes, done) => {
      // Scripts in browsers prefer text; what is not UTF-8 cannot be.
      webSocket.send(bytes, { binary: !isUtf8(bytes) }, done)
    },
    listen: (onBytes, onTrifle) => {
      webSocket.on('message', (data) => onBytes(data as Buffer))
      webSocket.on('ping', onTrifle)
      // A peer that broke the protocol is not waited for.
      webSocket.on('error', () => webSocket.terminate())
    },
  }
}
