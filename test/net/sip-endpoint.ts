import { createServer } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import type { SocketCounter, SocketInput } from '../../src/net/sip-flow.js'
import {
  createSipTransport,
  type SipTransport,
  type SipTransportOptions,
} from '../../src/net/sip-transport.js'

/** A transport on free ports, with what came in and what was counted. */
export interface SipEndpoint {
  readonly transport: SipTransport
  readonly inputs: readonly SocketInput[]
  readonly counts: readonly SocketCounter[]
  received(): Extract<SocketInput, { type: 'received' }>[]
  failed(): Extract<SocketInput, { type: 'sendFailed' }>[]
  /** Starts an HTTP server that hands over upgrades; returns its port. */
  listenHttp(): Promise<number>
  close(): Promise<void>
}

export async function openEndpoint(
  options: Partial<SipTransportOptions> = {},
): Promise<SipEndpoint> {
  const inputs: SocketInput[] = []
  const counts: SocketCounter[] = []
  const transport = await createSipTransport(
    { host: '127.0.0.1', port: 0, onCount: (counter) => counts.push(counter), ...options },
    (input) => inputs.push(input),
  )
  const http = createServer()
  http.on('upgrade', (request, socket, head) => transport.upgrade(request, socket as Socket, head))
  return {
    transport,
    inputs,
    counts,
    received: () => inputs.flatMap((input) => (input.type === 'received' ? [input] : [])),
    failed: () => inputs.flatMap((input) => (input.type === 'sendFailed' ? [input] : [])),
    async listenHttp() {
      await new Promise<void>((done) => http.listen(0, '127.0.0.1', done))
      return (http.address() as AddressInfo).port
    },
    async close() {
      await transport.close()
      await new Promise<void>((done) => http.close(() => done()))
    },
  }
}
