import type { RemoteInfo } from 'node:dgram'
import type { IncomingMessage } from 'node:http'
import { isIPv6, type Server, type Socket } from 'node:net'
import { type BoundHost, bindSip, bindTls } from './sip-bind.js'
import { type ConnectionLimits, SipConnections } from './sip-connections.js'
import {
  isAnyAddress,
  plainAddress,
  type SipTransportName,
  type SocketCounter,
  type SocketFlow,
  type SocketInput,
  type SocketOutput,
  type SocketSend,
} from './sip-flow.js'
import { SipTls, type TlsSettings } from './sip-tls.js'
import { SipWebSockets } from './sip-web-sockets.js'
import { TokenBuckets } from './token-buckets.js'

export interface SipTransportOptions extends Partial<ConnectionLimits> {
  /** Addresses of ours; the first of a family is where our own requests leave from. */
  readonly host: string | readonly string[]
  /** 0: any port that is free for UDP and TCP. */
  readonly port: number
  /** With a certificate of our own there is a listener for TLS at `port`, 0 for any. */
  readonly tls?: TlsSettings & { readonly port: number }
  /** Sources that are not limited; default: all are. */
  readonly isTrusted?: (address: string) => boolean
  /** Messages per second and burst of any other source. */
  readonly strangerRatePerSecond?: number
  readonly strangerBurst?: number
  readonly receiveBufferBytes?: number
  readonly pingIntervalMs?: number
  readonly onCount?: (counter: SocketCounter) => void
}

export interface SipTransport {
  readonly port: number
  readonly tlsPort: number | undefined
  execute(output: SocketOutput): void
  /** Makes a WebSocket of the connection of an upgrade request. */
  upgrade(request: IncomingMessage, socket: Socket, head: Buffer): void
  /** Open connections, of all kinds. */
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

/** Listens on UDP and TCP at the same port of every host, and on TLS where there is a certificate. */
export async function createSipTransport(
  options: SipTransportOptions,
  onInput: (input: SocketInput) => void,
): Promise<SipTransport> {
  const tls = new SipTls(options.tls ?? {})
  const hosts = typeof options.host === 'string' ? [options.host] : options.host
  const sip = await bindSip(hosts, options.port, options.receiveBufferBytes ?? 4_194_304)
  try {
    const secure = options.tls?.own ? await bindTls(hosts, options.tls.port) : undefined
    return new SocketSipTransport(options, { tls, sip, secure }, onInput)
  } catch (error) {
    for (const { udp, tcp } of sip.all) {
      udp.close()
      tcp.close()
    }
    throw error
  }
}

interface Listeners {
  readonly tls: SipTls
  readonly sip: Awaited<ReturnType<typeof bindSip>>
  readonly secure: Awaited<ReturnType<typeof bindTls>> | undefined
}

class SocketSipTransport implements SipTransport {
  readonly port: number
  readonly tlsPort: number | undefined
  readonly #hosts: readonly BoundHost[]
  readonly #servers: readonly Server[]
  readonly #connections: SipConnections
  readonly #webSockets: SipWebSockets
  readonly #onInput: (input: SocketInput) => void
  readonly #onCount: (counter: SocketCounter) => void
  readonly #isTrusted: (address: string) => boolean
  readonly #buckets: TokenBuckets
  #closed = false

  constructor(
    options: SipTransportOptions,
    { tls, sip, secure }: Listeners,
    onInput: (input: SocketInput) => void,
  ) {
    this.port = sip.port
    this.tlsPort = secure?.port
    this.#hosts = sip.all
    this.#onInput = onInput
    this.#onCount = options.onCount ?? (() => undefined)
    this.#isTrusted = options.isTrusted ?? (() => false)
    const rate = options.strangerRatePerSecond ?? 50
    this.#buckets = new TokenBuckets(rate, options.strangerBurst ?? 2 * rate, 65_536)
    const limits = { ...defaultLimits, ...limitsOf(options) }
    this.#connections = new SipConnections(limits, {
      tls,
      onInput,
      onCount: this.#onCount,
      mayReceive: (address, transport) => this.#mayReceive(address, transport),
    })
    const pingIntervalMs = options.pingIntervalMs ?? 30_000
    this.#webSockets = new SipWebSockets(this.#connections, pingIntervalMs, this.#onCount)
    for (const bound of sip.all) {
      bound.udp.on('message', (bytes, source) => this.#datagram(bound, bytes, source))
      // Without a listener an asynchronous error would end the process.
      bound.udp.on('error', () => this.#onCount('sendFailed'))
      bound.tcp.on('connection', (socket) => this.#connections.accept('tcp', socket))
    }
    for (const server of secure?.all ?? []) {
      server.on('connection', (socket) => this.#connections.accept('tls', socket))
    }
    this.#servers = [...sip.all.map(({ tcp }) => tcp), ...(secure?.all ?? [])]
    for (const server of this.#servers) server.on('error', () => this.#onCount('connectionsFull'))
  }

  get connections(): number {
    return this.#connections.size
  }

  execute(output: SocketOutput): void {
    if (this.#closed) return
    if (output.type === 'disconnect') this.#connections.disconnect(output.connectionId)
    else if (output.target.transport === 'udp') this.#sendDatagram(output)
    else this.#connections.send(output, this.#boundFor(output.target.address))
  }

  upgrade(request: IncomingMessage, socket: Socket, head: Buffer): void {
    if (this.#closed) socket.destroy()
    else this.#webSockets.upgrade(request, socket, head)
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    this.#webSockets.close()
    this.#connections.close()
    await Promise.all([
      ...this.#hosts.map(({ udp }) => new Promise<void>((done) => udp.close(() => done()))),
      ...this.#servers.map((server) => new Promise<void>((done) => server.close(() => done()))),
    ])
  }

  /** Connections start from the address that we listen on, unless that is any. */
  #boundFor(address: string): string | undefined {
    const host = this.#hosts.find((one) => isIPv6(one.host) === isIPv6(address))?.host
    return host === undefined || isAnyAddress(host) ? undefined : host
  }

  /** Browsers on a trusted machine are no more trusted than the pages that they show. */
  #mayReceive(address: string, transport: SipTransportName): boolean {
    const isTrusted = transport !== 'ws' && transport !== 'wss' && this.#isTrusted(address)
    return isTrusted || this.#buckets.take(address, performance.now())
  }

  #datagram({ host }: BoundHost, bytes: Uint8Array, source: RemoteInfo): void {
    if (this.#closed) return
    const remoteAddress = plainAddress(source.address)
    if (!this.#mayReceive(remoteAddress, 'udp')) {
      this.#onCount('rateLimited')
      return
    }
    const localPort = this.port
    const remote = { remoteAddress, remotePort: source.port }
    const flow: SocketFlow = { transport: 'udp', localAddress: host, localPort, ...remote }
    this.#onInput({ type: 'received', flow, bytes })
  }

  #sendDatagram({ sendId, flow, target, bytes }: SocketSend): void {
    const failed = (reason: string) => {
      if (this.#closed) return
      this.#onCount('sendFailed')
      this.#onInput({ type: 'sendFailed', sendId, reason })
    }
    const from = this.#datagramSocket(flow, target.address)
    if (!from) {
      // Later, as the engine may be in the middle of the outputs that failed.
      setImmediate(failed, 'no listener of that family')
      return
    }
    // RFC 4291 §2.5.5.2: how a socket for both families names those of the older one.
    const isMapped = isIPv6(from.host) && !isIPv6(target.address)
    const address = isMapped ? `::ffff:${target.address}` : target.address
    from.udp.send(bytes, target.port, address, (error) => {
      if (error) failed(error.message)
    })
  }

  /** RFC 3581 §4: a reply leaves from where its request came to; else the first of the family. */
  #datagramSocket(flow: SocketFlow | undefined, address: string): BoundHost | undefined {
    const hosts = this.#hosts
    return (
      hosts.find(({ host }) => flow?.transport === 'udp' && host === flow.localAddress) ??
      hosts.find(({ host }) => isIPv6(host) === isIPv6(address)) ??
      hosts.find(({ host }) => host === '::' && hosts.length === 1)
    )
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
