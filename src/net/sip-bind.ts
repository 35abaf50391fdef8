import { createSocket, type Socket as UdpSocket } from 'node:dgram'
import { once } from 'node:events'
import { createServer, isIPv6, type Server } from 'node:net'

/** One address of ours with its sockets, which share a port; TLS has one of its own. */
export interface BoundHost {
  readonly host: string
  readonly udp: UdpSocket
  readonly tcp: Server
}

const bindAttempts = 20

/** UDP and TCP at every host, all on the same port; port 0 is any that is free for all of them. */
export function bindSip(hosts: readonly string[], port: number, receiveBufferBytes: number) {
  return bindAll(hosts, port, async (host, wanted) => {
    const ipv6Only = isIPv6(host) && hosts.length > 1
    const udp = await bindUdp(host, wanted, ipv6Only, receiveBufferBytes)
    const { port: bound } = udp.address()
    try {
      const tcp = await bindTcp(host, bound, ipv6Only)
      return { port: bound, bound: { host, udp, tcp }, close: () => [udp.close(), tcp.close()] }
    } catch (error) {
      udp.close()
      throw error
    }
  })
}

/** A server at every host, all on the same port. */
export function bindTls(hosts: readonly string[], port: number) {
  return bindAll(hosts, port, async (host, wanted) => {
    const server = await bindTcp(host, wanted, isIPv6(host) && hosts.length > 1)
    const address = server.address()
    const bound = typeof address === 'object' && address ? address.port : wanted
    return { port: bound, bound: server, close: () => server.close() }
  })
}

interface Bound<Kind> {
  readonly port: number
  readonly bound: Kind
  close(): unknown
}

async function bindAll<Kind>(
  hosts: readonly string[],
  port: number,
  bind: (host: string, port: number) => Promise<Bound<Kind>>,
): Promise<{ readonly port: number; readonly all: readonly Kind[] }> {
  for (let attempt = 1; ; attempt++) {
    const done: Bound<Kind>[] = []
    try {
      for (const host of hosts) done.push(await bind(host, done[0]?.port ?? port))
      return { port: done[0]?.port ?? port, all: done.map(({ bound }) => bound) }
    } catch (error) {
      for (const one of done) one.close()
      // Somebody has this port in another way: with any port allowed, try the next.
      if (port !== 0 || attempt >= bindAttempts) throw error
    }
  }
}

async function bindUdp(
  host: string,
  port: number,
  ipv6Only: boolean,
  recvBufferSize: number,
): Promise<UdpSocket> {
  const type = isIPv6(host) ? 'udp6' : 'udp4'
  const udp = createSocket({ type, ipv6Only, recvBufferSize, sendBufferSize: 1_048_576 })
  try {
    udp.bind({ address: host, port })
    await once(udp, 'listening')
    return udp
  } catch (error) {
    udp.close()
    throw error
  }
}

async function bindTcp(host: string, port: number, ipv6Only: boolean): Promise<Server> {
  const server = createServer()
  server.listen({ host, port, ipv6Only })
  await once(server, 'listening')
  return server
}
