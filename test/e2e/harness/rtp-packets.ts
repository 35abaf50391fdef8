/** One RTP packet as it was seen on its way (RFC 3550 §5.1). */
export interface RtpPacket {
  /** When it was seen [ms]. */
  readonly atMs: number
  readonly payloadType: number
  readonly marker: boolean
  readonly sequence: number
  readonly timestamp: number
  readonly ssrc: number
  readonly payload: Buffer
}

/** RTCP may share the port (RFC 5761 §4). */
export function isRtcp(bytes: Buffer): boolean {
  const type = bytes[1] ?? 0
  return type >= 192 && type <= 223
}

export function rtpPacketOf(bytes: Buffer, atMs: number): RtpPacket {
  const [first = 0, second = 0] = bytes
  const extension = first & 0x10 ? 4 + 4 * bytes.readUInt16BE(14 + 4 * (first & 15)) : 0
  return {
    atMs,
    payloadType: second & 0x7f,
    marker: second >= 0x80,
    sequence: bytes.readUInt16BE(2),
    timestamp: bytes.readUInt32BE(4),
    ssrc: bytes.readUInt32BE(8),
    payload: Buffer.from(bytes.subarray(12 + 4 * (first & 15) + extension)),
  }
}

/** The packet of bytes for a wire: marker, numbers and payload as they are said. */
export function rtpBytes(packet: Omit<RtpPacket, 'atMs' | 'ssrc'>, ssrc = 0x2b67_0002): Buffer {
  const header = Buffer.alloc(12)
  header[0] = 0x80
  header[1] = packet.payloadType | (packet.marker ? 0x80 : 0)
  header.writeUInt16BE(packet.sequence & 0xffff, 2)
  header.writeUInt32BE(packet.timestamp >>> 0, 4)
  header.writeUInt32BE(ssrc, 8)
  return Buffer.concat([header, packet.payload])
}

/** The types in an RTCP compound packet: 200 sender report, 203 BYE (RFC 3550 §12.1). */
export function rtcpTypesOf(bytes: Buffer): number[] {
  const types: number[] = []
  for (let at = 0; at + 4 <= bytes.length; at += 4 * (bytes.readUInt16BE(at + 2) + 1)) {
    types.push(bytes[at + 1] ?? 0)
  }
  return types
}

/** How often each value comes. */
export function countsOfValues<Value>(values: readonly Value[]): Map<Value, number> {
  const counts = new Map<Value, number>()
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1)
  return counts
}

/** From each packet to the next: numbers and timestamps, both modulo their size. */
export function stepsOf(packets: readonly RtpPacket[]): { sequence: number; timestamp: number }[] {
  return packets.slice(1).map(({ sequence, timestamp }, index) => {
    const before = packets[index] as RtpPacket
    return {
      sequence: (sequence - before.sequence) & 0xffff,
      timestamp: (timestamp - before.timestamp) >>> 0,
    }
  })
}
