import { createSocket, type RemoteInfo, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { isRtcp, type RtpPacket, rtpPacketOf } from './rtp-packets.js'

export interface RelayOptions {
  readonly routerSipPort: number
  /** Where the phone listens, when the router calls it; else it is who calls. */
  readonly phoneSipPort?: number
  /** Changes the description that comes from the phone. */
  readonly fromPhone?: (sdp: string) => string
  /** Changes a packet (RTP) of the phone, knowing what has come before; undefined: it is lost. */
  readonly packetOfPhone?: (packet: Buffer, before: Relay['rtpOf']) => Buffer | undefined
}

/** Stands between one phone and the router for one call: sees what goes over the wire, both ways. */
export interface Relay {
  /** Where to call instead of the router. */
  readonly sipPort: number
  /** Descriptions as they were passed on, and packets in the order in which they came. */
  readonly descriptionsOf: { readonly phone: string[]; readonly router: string[] }
  readonly rtpOf: { readonly phone: RtpPacket[]; readonly router: RtpPacket[] }
  readonly rtcpOf: { readonly phone: Buffer[]; readonly router: Buffer[] }
  close(): Promise<void>
}

type Side = 'phone' | 'router'
const otherOf = { phone: 'router', router: 'phone' } as const satisfies Record<Side, Side>

export async function startRelay(options: RelayOptions): Promise<Relay> {
  const sip = await bound(0)
  /** What faces each side, and where its media is. */
  const media = { phone: await boundPair(), router: await boundPair() }
  const mediaPort = { phone: 0, router: 0 }
  const sipPort = { phone: options.phoneSipPort ?? 0, router: options.routerSipPort }
  const descriptionsOf = { phone: [] as string[], router: [] as string[] }
  const rtpOf = { phone: [] as RtpPacket[], router: [] as RtpPacket[] }
  const rtcpOf = { phone: [] as Buffer[], router: [] as Buffer[] }

  sip.on('message', (bytes: Buffer, { port }: RemoteInfo) => {
    const from: Side = port === options.routerSipPort ? 'router' : 'phone'
    if (from === 'phone') sipPort.phone = port
    const to = otherOf[from]
    const passed = withDescription(withAnswerHere(bytes), (sdp) => {
      mediaPort[from] = Number(/^m=audio (\d+)/m.exec(sdp)?.[1])
      const changed = from === 'phone' ? (options.fromPhone?.(sdp) ?? sdp) : sdp
      const ours = changed.replace(/^m=audio \d+/m, `m=audio ${media[to].rtp.address().port}`)
      descriptionsOf[from].push(ours)
      return ours
    })
    sip.send(passed, sipPort[to], '127.0.0.1')
  })
  for (const from of ['phone', 'router'] as const) {
    const to = otherOf[from]
    media[from].rtp.on('message', (bytes: Buffer) => {
      const shared = isRtcp(bytes)
      if (shared) rtcpOf[from].push(bytes)
      const passed =
        shared || from === 'router' || !options.packetOfPhone
          ? bytes
          : options.packetOfPhone(bytes, rtpOf)
      if (passed === undefined) return
      if (!shared) rtpOf[from].push(rtpPacketOf(passed, performance.now()))
      media[to].rtp.send(passed, mediaPort[to], '127.0.0.1')
    })
    media[from].rtcp.on('message', (bytes: Buffer) => {
      rtcpOf[from].push(bytes)
      media[to].rtcp.send(bytes, mediaPort[to] + 1, '127.0.0.1')
    })
  }
  const sockets = [sip, ...Object.values(media).flatMap(({ rtp, rtcp }) => [rtp, rtcp])]
  return {
    sipPort: sip.address().port,
    ...{ descriptionsOf, rtpOf, rtcpOf },
    async close() {
      await Promise.all(sockets.map((socket) => new Promise<void>((done) => socket.close(done))))
    },
  }
}

/** The answer goes to where a request came from, if that is asked for (RFC 3581). */
function withAnswerHere(message: Buffer): Buffer {
  const text = message.toString('latin1')
  if (/^SIP\/2\.0 |^(Via|v) *:[^\r]*;rport/im.test(text)) return message
  return Buffer.from(text.replace(/^(Via|v) *:[^\r]*/im, '$&;rport'), 'latin1')
}

/** The message with its description changed, and the length of that in its header. */
function withDescription(message: Buffer, change: (sdp: string) => string): Buffer {
  const [head = '', body = ''] = message.toString('latin1').split('\r\n\r\n', 2)
  if (!body.includes('m=audio ')) return message
  const changed = change(body)
  const header = head.replace(/^(Content-Length|l) *:.*$/im, `Content-Length: ${changed.length}`)
  return Buffer.from(`${header}\r\n\r\n${changed}`, 'latin1')
}

async function bound(port: number): Promise<Socket> {
  const socket = createSocket('udp4')
  socket.bind(port, '127.0.0.1')
  await once(socket, 'listening').catch((error) => {
    socket.close()
    throw error
  })
  return socket
}

/** RTP, and RTCP one port above. */
async function boundPair(triesLeft = 20): Promise<{ rtp: Socket; rtcp: Socket }> {
  const rtp = await bound(0)
  try {
    return { rtp, rtcp: await bound(rtp.address().port + 1) }
  } catch (error) {
    rtp.close()
    if (triesLeft === 0) throw error
    return boundPair(triesLeft - 1)
  }
}
