import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import { type WebSocket, WebSocketServer } from 'ws'
import type { SipConnections } from './sip-connections.js'
import type { SocketCounter } from './sip-flow.js'
import { webSocketWire } from './sip-wire.js'

const messageBytesMax = 65_536
const fragmentsMax = 64

/** The server of RFC 7118 on connections that an HTTP listener hands over. */
export class SipWebSockets {
  readonly #connections: SipConnections
  readonly #onCount: (counter: SocketCounter) => void
  readonly #server: WebSocketServer
  readonly #pings: NodeJS.Timeout
  /** Open ones; false: the last ping has not been answered. */
  readonly #alive = new Map<WebSocket, boolean>()

  constructor(
    connections: SipConnections,
    pingIntervalMs: number,
    onCount: (counter: SocketCounter) => void,
  ) {
    this.#connections = connections
    this.#onCount = onCount
    this.#server = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      perMessageDeflate: false,
      maxPayload: messageBytesMax,
      maxFragments: fragmentsMax,
      handleProtocols: () => 'sip',
    })
    this.#server.on('wsClientError', (_error, socket) => {
      onCount('handshakeFailed')
      refuse(socket as Socket, '400 Bad Request')
    })
    this.#pings = setInterval(() => this.#ping(), pingIntervalMs).unref()
  }

  /** Takes over the connection of an upgrade request, or refuses it. */
  upgrade(request: IncomingMessage, socket: Socket, head: Buffer): void {
    const offered = request.headers['sec-websocket-protocol'] ?? ''
    // RFC 7118 §4.1
    if (!offered.split(',').some((protocol) => protocol.trim().toLowerCase() === 'sip')) {
      this.#onCount('handshakeFailed')
      refuse(socket, '400 Bad Request')
    } else if (!this.#connections.admits(socket)) {
      refuse(socket, '503 Service Unavailable')
    } else {
      this.#server.handleUpgrade(request, socket, head, (webSocket) =>
        this.#opened(webSocket, socket),
      )
    }
  }

  close(): void {
    clearInterval(this.#pings)
    this.#alive.clear()
    this.#server.close()
  }

  #opened(webSocket: WebSocket, socket: Socket): void {
    this.#alive.set(webSocket, true)
    const alive = () => this.#alive.has(webSocket) && this.#alive.set(webSocket, true)
    webSocket.on('pong', alive)
    webSocket.on('message', alive)
    socket.once('close', () => this.#alive.delete(webSocket))
    const transport = socket instanceof TLSSocket ? 'wss' : 'ws'
    this.#connections.adopt(webSocketWire(transport, socket, webSocket))
  }

  #ping(): void {
    for (const [webSocket, isAlive] of this.#alive) {
      if (isAlive) {
        this.#alive.set(webSocket, false)
        webSocket.ping()
      } else {
        this.#onCount('idleClosed')
        webSocket.terminate()
      }
    }
  }
}

function refuse(socket: Socket, status: string): void {
  socket.on('error', () => socket.destroy())
  socket.once('finish', () => socket.destroy())
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`)
}
