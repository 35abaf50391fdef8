import { connect, type Socket } from 'node:net'
import {
  plainAddress,
  type SocketCounter,
  type SocketFlow,
  type SocketInput,
  type SocketSend,
  type SocketTarget,
} from './sip-flow.js'

export interface ConnectionLimits {
  readonly connectionsMax: number
  readonly connectionsPerSourceMax: number
  /** Connections, both ways, that have not carried a byte from the peer yet. */
  readonly halfOpenMax: number
  readonly pendingBytesMax: number
  readonly idleTimeoutMs: number
  readonly connectTimeoutMs: number
}

interface Connection {
  readonly id: number
  readonly socket: Socket
  /** `address:port` of the peer. */
  readonly peer: string
  readonly remoteAddress: string
  readonly remotePort: number
  readonly incoming: boolean
  /** Sends that have not left yet, to be reported when the connection fails. */
  readonly unsent: Set<number>
  heard: boolean
}

/** The TCP connections of one SIP port: accepted ones and those opened to send. */
export class SipConnections {
  readonly #limits: ConnectionLimits
  readonly #onInput: (input: SocketInput) => void
  readonly #onCount: (counter: SocketCounter) => void
  readonly #mayReceive: (address: string) => boolean
  readonly #byId = new Map<number, Connection>()
  readonly #byPeer = new Map<string, Connection>()
  #lastId = 0
  #closed = false

  constructor(
    limits: ConnectionLimits,
    parts: {
      readonly onInput: (input: SocketInput) => void
      readonly onCount: (counter: SocketCounter) => void
      readonly mayReceive: (address: string) => boolean
    },
  ) {
    this.#limits = limits
    this.#onInput = parts.onInput
    this.#onCount = parts.onCount
    this.#mayReceive = parts.mayReceive
  }

  get size(): number {
    return this.#byId.size
  }

  accept(socket: Socket): void {
    const address = plainAddress(socket.remoteAddress ?? '')
    const port = socket.remotePort ?? 0
    const peers = [...this.#byId.values()]
    const ofSource = peers.filter((peer) => peer.incoming && peer.remoteAddress === address)
    const silent = peers.filter((peer) => !peer.heard)
    const full =
      peers.length >= this.#limits.connectionsMax ||
      ofSource.length >= this.#limits.connectionsPerSourceMax ||
      silent.length >= this.#limits.halfOpenMax
    if (full || address === '') {
      this.#onCount('connectionsFull')
      socket.destroy()
      return
    }
    this.#add(socket, address, port, true)
  }

  send(output: SocketSend, localAddress: string | undefined): void {
    const { flow, target, sendId, bytes } = output
    const known =
      (flow?.connectionId === undefined ? undefined : this.#byId.get(flow.connectionId)) ??
      this.#byPeer.get(peerKey(target.address, target.port))
    const connection = known ?? this.#open(target, localAddress)
    if (!connection) {
      this.#fail(sendId, 'too many connections')
      return
    }
    if (connection.socket.writableLength + bytes.length > this.#limits.pendingBytesMax) {
      this.#onCount('backlogClosed')
      this.#fail(sendId, 'backlog')
      connection.socket.destroy()
      return
    }
    connection.unsent.add(sendId)
    connection.socket.write(bytes, (error) => {
      // On an error, 'close' reports what is still unsent.
      if (!error) connection.unsent.delete(sendId)
    })
  }

  disconnect(connectionId: number): void {
    this.#byId.get(connectionId)?.socket.destroy()
  }

  close(): void {
    this.#closed = true
    for (const { socket } of this.#byId.values()) socket.destroy()
  }

  #open(target: SocketTarget, localAddress: string | undefined): Connection | undefined {
    if (this.#closed || this.#byId.size >= this.#limits.connectionsMax) return undefined
    const local = localAddress === undefined ? {} : { localAddress }
    const socket = connect({ host: target.address, port: target.port, ...local })
    const connection = this.#add(socket, target.address, target.port, false)
    socket.setTimeout(this.#limits.connectTimeoutMs)
    socket.once('connect', () => socket.setTimeout(this.#limits.idleTimeoutMs))
    return connection
  }

  #add(socket: Socket, address: string, port: number, incoming: boolean): Connection {
    const connection: Connection = {
      id: ++this.#lastId,
      socket,
      peer: peerKey(address, port),
      remoteAddress: address,
      remotePort: port,
      incoming,
      unsent: new Set(),
      heard: false,
    }
    this.#byId.set(connection.id, connection)
    this.#byPeer.set(connection.peer, connection)
    socket.setNoDelay(true)
    socket.setTimeout(this.#limits.idleTimeoutMs)
    socket.on('data', (bytes) => this.#received(connection, bytes))
    socket.on('timeout', () => {
      this.#onCount('idleClosed')
      socket.destroy()
    })
    // 'close' always follows.
    socket.on('error', () => undefined)
    socket.on('close', () => this.#forget(connection))
    return connection
  }

  #received(connection: Connection, bytes: Uint8Array): void {
    if (this.#closed) return
    connection.heard = true
    if (!this.#mayReceive(connection.remoteAddress)) {
      this.#onCount('rateLimited')
      connection.socket.destroy()
      return
    }
    const { socket } = connection
    const flow: SocketFlow = {
      transport: 'tcp',
      localAddress: plainAddress(socket.localAddress ?? ''),
      localPort: socket.localPort ?? 0,
      remoteAddress: connection.remoteAddress,
      remotePort: connection.remotePort,
      connectionId: connection.id,
    }
    this.#onInput({ type: 'received', flow, bytes })
  }

  #forget(connection: Connection): void {
    this.#byId.delete(connection.id)
    if (this.#byPeer.get(connection.peer) === connection) this.#byPeer.delete(connection.peer)
    if (this.#closed) return
    for (const sendId of connection.unsent) this.#fail(sendId, 'connection lost')
    this.#onInput({ type: 'disconnected', connectionId: connection.id })
  }

  /** Later, as the engine may be in the middle of the very outputs that failed. */
  #fail(sendId: number, reason: string): void {
    this.#onCount('sendFailed')
    setImmediate(() => {
      if (!this.#closed) this.#onInput({ type: 'sendFailed', sendId, reason })
    })
  }
}

function peerKey(address: string, port: number): string {
  return `${address} ${port}`
}
