import { createSocket, type RemoteInfo, type Socket as UdpSocket } from 'node:dgram'
import { once } from 'node:events'
import { createServer, isIPv6, type Server } from 'node:net'
import { type ConnectionLimits, SipConnections } from './sip-connections.js'
import {
  plainAddress,
  type SocketCounter,
  type SocketInput,
  type SocketOutput,
  type SocketSend,
} from './sip-flow.js'
import { TokenBuckets } from './token-buckets.js'

export interface SipTransportOptions extends Partial<ConnectionLimits> {
  readonly host: string
  /** 0: any port that is free for UDP and TCP. */
  readonly port: number
  /** Sources that are not limited; default: all are. */
  readonly isTrusted?: (address: string) => boolean
  /** Messages per second and burst of any other source. */
  readonly strangerRatePerSecond?: number
  readonly strangerBurst?: number
  readonly receiveBufferBytes?: number
  readonly onCount?: (counter: SocketCounter) => void
}

export interface SipTransport {
  readonly host: string
  readonly port: number
  execute(output: SocketOutput): void
  /** Open TCP connections. */
  readonly connections: number
  /** Closes listeners and connections; nothing is delivered any more. */
  close(): Promise<void>
}

const defaultLimits: ConnectionLimits = {
  connectionsMax: 4096,
  connectionsPerSourceMax: 256,
  halfOpenMax: 1024,
  pendingBytesMax: 1_048_576,
  idleTimeoutMs: 900_000,
  connectTimeoutMs: 8000,
}

const bindAttempts = 20

/** Listens on UDP and TCP at the same host and port. */
export async function createSipTransport(
  options: SipTransportOptions,
  onInput: (input: SocketInput) => void,
): Promise<SipTransport> {
  for (let attempt = 1; ; attempt++) {
    const udp = await bindUdp(options)
    const { port } = udp.address()
    const server = createServer()
    try {
      server.listen({ host: options.host, port })
      await once(server, 'listening')
      return new SocketSipTransport(options, udp, server, onInput)
    } catch (error) {
      udp.close()
      server.close()
      // Another process has this port for TCP: with any port allowed, try the next.
      if (options.port !== 0 || attempt >= bindAttempts) throw error
    }
  }
}

async function bindUdp(options: SipTransportOptions): Promise<UdpSocket> {
  const udp = createSocket({
    type: isIPv6(options.host) ? 'udp6' : 'udp4',
    recvBufferSize: options.receiveBufferBytes ?? 4_194_304,
    sendBufferSize: 1_048_576,
  })
  try {
    udp.bind({ address: options.host, port: options.port })
    await once(udp, 'listening')
    return udp
  } catch (error) {
    udp.close()
    throw error
  }
}

class SocketSipTransport implements SipTransport {
  readonly host: string
  readonly port: number
  readonly #udp: UdpSocket
  readonly #server: Server
  readonly #connections: SipConnections
  readonly #onInput: (input: SocketInput) => void
  readonly #onCount: (counter: SocketCounter) => void
  readonly #isTrusted: (address: string) => boolean
  readonly #buckets: TokenBuckets
  #closed = false

  constructor(
    options: SipTransportOptions,
    udp: UdpSocket,
    server: Server,
    onInput: (input: SocketInput) => void,
  ) {
    this.host = options.host
    this.port = udp.address().port
    this.#udp = udp
    this.#server = server
    this.#onInput = onInput
    this.#onCount = options.onCount ?? (() => undefined)
    this.#isTrusted = options.isTrusted ?? (() => false)
    const rate = options.strangerRatePerSecond ?? 50
    this.#buckets = new TokenBuckets(rate, options.strangerBurst ?? 2 * rate, 65_536)
    this.#connections = new SipConnections(
      { ...defaultLimits, ...limitsOf(options) },
      {
        onInput,
        onCount: this.#onCount,
        mayReceive: (address) => this.#mayReceive(address),
      },
    )
    udp.on('message', (bytes, source) => this.#datagram(bytes, source))
    // Without a listener an asynchronous error would end the process.
    udp.on('error', () => this.#onCount('sendFailed'))
    server.on('connection', (socket) => this.#connections.accept(socket))
    server.on('error', () => this.#onCount('connectionsFull'))
  }

  get connections(): number {
    return this.#connections.size
  }

  execute(output: SocketOutput): void {
    if (this.#closed) return
    if (output.type === 'disconnect') this.#connections.disconnect(output.connectionId)
    else if (output.target.transport === 'tcp') this.#connections.send(output, this.#bound())
    else this.#sendDatagram(output)
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    this.#connections.close()
    const udpClosed = new Promise<void>((resolve) => this.#udp.close(() => resolve()))
    const serverClosed = new Promise<void>((resolve) => this.#server.close(() => resolve()))
    await Promise.all([udpClosed, serverClosed])
  }

  /** Connections start from the address that we listen on, unless that is any. */
  #bound(): string | undefined {
    return this.host === '0.0.0.0' || this.host === '::' ? undefined : this.host
  }

  #mayReceive(address: string): boolean {
    return this.#isTrusted(address) || this.#buckets.take(address, performance.now())
  }

  #datagram(bytes: Uint8Array, source: RemoteInfo): void {
    if (this.#closed) return
    const remoteAddress = plainAddress(source.address)
    if (!this.#mayReceive(remoteAddress)) {
      this.#onCount('rateLimited')
      return
    }
    this.#onInput({
      type: 'received',
      flow: {
        transport: 'udp',
        localAddress: this.host,
        localPort: this.port,
        remoteAddress,
        remotePort: source.port,
      },
      bytes,
    })
  }

  #sendDatagram({ sendId, target, bytes }: SocketSend): void {
    this.#udp.send(bytes, target.port, target.address, (error) => {
      if (!error || this.#closed) return
      this.#onCount('sendFailed')
      this.#onInput({ type: 'sendFailed', sendId, reason: error.message })
    })
  }
}

function limitsOf(options: SipTransportOptions): Partial<ConnectionLimits> {
  const limits: Record<string, number> = {}
  for (const name of Object.keys(defaultLimits) as (keyof ConnectionLimits)[]) {
    const value = options[name]
    if (value !== undefined) limits[name] = value
  }
  return limits
}
