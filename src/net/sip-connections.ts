import { connect, type Socket } from 'node:net'
import {
  plainAddress,
  type SipTransportName,
  type SocketCounter,
  type SocketFlow,
  type SocketInput,
  type SocketSend,
  type SocketTarget,
} from './sip-flow.js'
import type { SipTls } from './sip-tls.js'
import { streamWire, type Wire } from './sip-wire.js'

export interface ConnectionLimits {
  readonly connectionsMax: number
  readonly connectionsPerSourceMax: number
  /** Connections, both ways, that have not carried a byte from the peer yet. */
  readonly halfOpenMax: number
  readonly pendingBytesMax: number
  readonly idleTimeoutMs: number
  /** For a connection of ours to stand, and for the TLS handshake of any. */
  readonly connectTimeoutMs: number
}

interface Connection {
  readonly id: number
  readonly wire: Wire
  readonly remoteAddress: string
  readonly remotePort: number
  /** Under which others find it; undefined: only what came by it goes back by it. */
  readonly key: string | undefined
  /** Set when we opened it. */
  readonly target: SocketTarget | undefined
  /** Sends that have not left yet, to be reported when the connection fails. */
  readonly unsent: Set<number>
  /** What waits until the peer has shown who it is. */
  held: SocketSend[]
  isOpen: boolean
  heard: boolean
  openingTimer: NodeJS.Timeout | undefined
  problem: string | undefined
}

type NewConnection = Pick<Connection, 'wire' | 'remoteAddress' | 'remotePort' | 'key' | 'target'>

/** All connections of a SIP node, accepted and opened: TCP, TLS and WebSocket share their limits. */
export class SipConnections {
  readonly #limits: ConnectionLimits
  readonly #tls: SipTls
  readonly #onInput: (input: SocketInput) => void
  readonly #onCount: (counter: SocketCounter) => void
  readonly #mayReceive: (address: string, transport: SipTransportName) => boolean
  readonly #byId = new Map<number, Connection>()
  readonly #byKey = new Map<string, Connection>()
  #lastId = 0
  #closed = false

  constructor(
    limits: ConnectionLimits,
    parts: {
      readonly tls: SipTls
      readonly onInput: (input: SocketInput) => void
      readonly onCount: (counter: SocketCounter) => void
      readonly mayReceive: (address: string, transport: SipTransportName) => boolean
    },
  ) {
    this.#limits = limits
    this.#tls = parts.tls
    this.#onInput = parts.onInput
    this.#onCount = parts.onCount
    this.#mayReceive = parts.mayReceive
  }

  get size(): number {
    return this.#byId.size
  }

  accept(transport: 'tcp' | 'tls', socket: Socket): void {
    if (!this.admits(socket)) {
      socket.destroy()
      return
    }
    if (transport === 'tls') {
      this.adopt(streamWire('tls', this.#tls.accept(socket), 'secure'))
    } else this.adopt(streamWire('tcp', socket))
  }

  /** False when there is no room for another connection from there. */
  admits(socket: Socket): boolean {
    const address = plainAddress(socket.remoteAddress ?? '')
    const peers = [...this.#byId.values()]
    const ofSource = peers.filter((peer) => !peer.target && peer.remoteAddress === address)
    const silent = peers.filter((peer) => !peer.heard)
    const full =
      peers.length >= this.#limits.connectionsMax ||
      ofSource.length >= this.#limits.connectionsPerSourceMax ||
      silent.length >= this.#limits.halfOpenMax
    if (full) this.#onCount('connectionsFull')
    return !full && address !== '' && !this.#closed
  }

  /** Takes an accepted connection that `admits` has allowed. */
  adopt(wire: Wire): void {
    const remoteAddress = plainAddress(wire.socket.remoteAddress ?? '')
    const remotePort = wire.socket.remotePort ?? 0
    // RFC 5923 §5: who connected over TLS has not shown that it is who listens at its port.
    const key =
      wire.transport === 'tcp'
        ? keyOf({ transport: 'tcp', address: remoteAddress, port: remotePort })
        : undefined
    this.#add({ wire, remoteAddress, remotePort, key, target: undefined })
  }

  send(output: SocketSend, localAddress: string | undefined): void {
    const { flow, sendId, bytes } = output
    const target = again(output)
    const known =
      (flow?.connectionId === undefined ? undefined : this.#byId.get(flow.connectionId)) ??
      this.#byKey.get(keyOf(target))
    const connection = known ?? this.#open(target, localAddress)
    if (typeof connection === 'string') {
      this.#fail(sendId, connection)
      return
    }
    const waitingBytes =
      connection.wire.waitingBytes + connection.held.reduce((sum, one) => sum + one.bytes.length, 0)
    if (waitingBytes + bytes.length > this.#limits.pendingBytesMax) {
      this.#onCount('backlogClosed')
      this.#fail(sendId, 'backlog')
      connection.wire.socket.destroy()
      return
    }
    connection.unsent.add(sendId)
    if (connection.isOpen) this.#write(connection, output)
    else connection.held.push(output)
  }

  disconnect(connectionId: number): void {
    this.#byId.get(connectionId)?.wire.socket.destroy()
  }

  close(): void {
    this.#closed = true
    for (const { wire, openingTimer } of this.#byId.values()) {
      clearTimeout(openingTimer)
      wire.socket.destroy()
    }
  }

  #write(connection: Connection, { sendId, bytes }: SocketSend): void {
    connection.wire.write(bytes, (error) => {
      // On an error, 'close' reports what is still unsent.
      if (!error) connection.unsent.delete(sendId)
    })
  }

  /** A connection, or why there is none. */
  #open(target: SocketTarget, localAddress: string | undefined): Connection | string {
    const { transport, address, port } = target
    // RFC 7118 §4: a WebSocket client cannot be connected to.
    if (transport !== 'tcp' && transport !== 'tls') return 'connection lost'
    if (this.#closed || this.#byId.size >= this.#limits.connectionsMax) {
      return 'too many connections'
    }
    const local = localAddress === undefined ? {} : { localAddress }
    const wire =
      transport === 'tls'
        ? streamWire('tls', this.#tls.connect(target, localAddress), 'secureConnect')
        : streamWire('tcp', connect({ host: address, port, ...local }), 'connect')
    const key = keyOf(target)
    return this.#add({ wire, remoteAddress: address, remotePort: port, key, target })
  }

  #add(parts: NewConnection): Connection {
    const { socket, opensWith, transport } = parts.wire
    const connection: Connection = {
      ...parts,
      id: ++this.#lastId,
      unsent: new Set(),
      held: [],
      isOpen: opensWith === undefined,
      heard: false,
      openingTimer: undefined,
      problem: undefined,
    }
    this.#byId.set(connection.id, connection)
    if (connection.key !== undefined) this.#byKey.set(connection.key, connection)
    if (opensWith !== undefined) socket.once(opensWith, () => this.#opened(connection))
    // Pongs would keep a WebSocket alive that never says anything.
    if (!connection.isOpen) this.#limitOpening(connection, this.#limits.connectTimeoutMs)
    else if (transport !== 'tcp') this.#limitOpening(connection, this.#limits.idleTimeoutMs)
    socket.setNoDelay(true)
    socket.setTimeout(this.#limits.idleTimeoutMs, () => {
      this.#onCount('idleClosed')
      socket.destroy()
    })
    socket.on('error', (error: NodeJS.ErrnoException) => {
      // 'close' always follows.
      connection.problem ??= error.code ?? error.message
    })
    socket.on('close', () => this.#forget(connection))
    parts.wire.listen(
      (bytes) => this.#received(connection, bytes),
      () => this.#allows(connection),
    )
    return connection
  }

  #limitOpening(connection: Connection, timeoutMs: number): void {
    connection.openingTimer = setTimeout(() => {
      connection.problem = 'timeout'
      if (connection.isOpen) this.#onCount('idleClosed')
      connection.wire.socket.destroy()
    }, timeoutMs)
  }

  #opened(connection: Connection): void {
    clearTimeout(connection.openingTimer)
    connection.isOpen = true
    for (const output of connection.held.splice(0)) this.#write(connection, output)
  }

  /** Ends the connection when its source sends too much. */
  #allows({ remoteAddress, wire }: Connection): boolean {
    if (this.#mayReceive(remoteAddress, wire.transport)) return true
    this.#onCount('rateLimited')
    wire.socket.destroy()
    return false
  }

  #received(connection: Connection, bytes: Uint8Array): void {
    const { wire, remoteAddress, remotePort, target } = connection
    if (this.#closed || wire.socket.destroyed || !connection.isOpen) return
    if (!connection.heard) clearTimeout(connection.openingTimer)
    connection.heard = true
    if (!this.#allows(connection)) return
    const flow: SocketFlow = {
      transport: wire.transport,
      localAddress: plainAddress(wire.socket.localAddress ?? ''),
      localPort: wire.socket.localPort ?? 0,
      remoteAddress,
      remotePort,
      connectionId: connection.id,
      ...(target?.serverName === undefined ? {} : { serverName: target.serverName }),
    }
    this.#onInput({ type: 'received', flow, bytes })
  }

  #forget(connection: Connection): void {
    const { id, key, target, problem = 'connection lost' } = connection
    clearTimeout(connection.openingTimer)
    this.#byId.delete(id)
    if (key !== undefined && this.#byKey.get(key) === connection) this.#byKey.delete(key)
    if (this.#closed) return
    if (!connection.isOpen && connection.wire.transport === 'tls') this.#onCount('handshakeFailed')
    for (const sendId of connection.unsent) this.#fail(sendId, problem, target)
    this.#onInput({ type: 'disconnected', connectionId: id })
  }

  /** Later, as the engine may be in the middle of the very outputs that failed. */
  #fail(sendId: number, reason: string, target?: SocketTarget): void {
    this.#onCount('sendFailed')
    setImmediate(() => {
      if (this.#closed) return
      this.#onInput({ type: 'sendFailed', sendId, reason, ...(target ? { target } : {}) })
    })
  }
}

/** When a connection that we opened is gone, the next one is to the same peer by the same name. */
function again({ flow, target }: SocketSend): SocketTarget {
  const isSame =
    flow?.serverName !== undefined &&
    target.serverName === undefined &&
    target.transport === flow.transport &&
    target.address === flow.remoteAddress &&
    target.port === flow.remotePort
  return isSame ? { ...target, serverName: flow.serverName } : target
}

/** Another name needs another certificate, so it needs another connection. */
function keyOf({ transport, address, port, serverName }: SocketTarget): string {
  const name = transport === 'tls' ? (serverName ?? address).toLowerCase() : ''
  return `${transport} ${address} ${port} ${name}`
}
