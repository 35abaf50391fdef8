/** The sockets of the WASM shell: pairs of RTP and RTCP ports, the next pair when one is taken. */
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram'
import { isIP } from 'node:net'

export interface SocketPair {
  readonly rtp: Socket
  readonly rtcp: Socket
  readonly rtpPort: number
}

const triesMax = 4096

function bind(address: string, port: number): Promise<Socket | undefined> {
  return new Promise((resolve, reject) => {
    const socket = createSocket(isIP(address) === 6 ? 'udp6' : 'udp4')
    socket.once('error', (error: NodeJS.ErrnoException) => {
      socket.close()
      if (error.code === 'EADDRINUSE' || error.code === 'EACCES') resolve(undefined)
      else reject(error)
    })
    socket.bind({ address, port, exclusive: true }, () => {
      socket.removeAllListeners('error')
      socket.on('error', () => {}) // a send that failed is a packet lost
      resolve(socket)
    })
  })
}

export class Ports {
  readonly #first: number
  readonly #pairs: number
  #next: number

  constructor(portMin: number, portMax: number, seed: number) {
    this.#first = portMin + (portMin % 2)
    this.#pairs = Math.max(0, Math.floor((portMax + 1 - this.#first) / 2))
    this.#next = this.#pairs ? seed % this.#pairs : 0
  }

  /** Rejects with the reason when no pair is free. */
  async bindPair(address: string): Promise<SocketPair> {
    if (isIP(address) === 0) throw new Error('the bind address is not an IP address')
    for (let i = 0; i < Math.min(this.#pairs, triesMax); i++) {
      const rtpPort = this.#first + 2 * (this.#next++ % this.#pairs)
      const rtp = await bind(address, rtpPort)
      if (!rtp) continue
      const rtcp = await bind(address, rtpPort + 1)
      if (rtcp) return { rtp, rtcp, rtpPort }
      rtp.close()
    }
    throw new Error('no media port is free')
  }
}

export type OnPacket = (rtcp: boolean, packet: Buffer, from: RemoteInfo) => void

export function listen(pair: SocketPair, onPacket: OnPacket): void {
  pair.rtp.on('message', (packet, from) => onPacket(false, packet, from))
  pair.rtcp.on('message', (packet, from) => onPacket(true, packet, from))
}

export async function closePair(pair: SocketPair): Promise<void> {
  await Promise.all(
    [pair.rtp, pair.rtcp].map((socket) => new Promise<void>((done) => socket.close(() => done()))),
  )
}
