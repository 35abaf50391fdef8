/** What is sent when, from the begin of a capture. */
export interface TimedPacket {
  readonly atMs: number
  readonly bytes: Buffer
}

/** A capture file (pcap, Ethernet) of UDP packets, for peers that play captures. */
export function capture(packets: readonly TimedPacket[]): Buffer {
  const header = Buffer.alloc(24)
  header.writeUInt32LE(0xa1b2c3d4, 0)
  header.writeUInt16LE(2, 4)
  header.writeUInt16LE(4, 6)
  header.writeUInt32LE(65_535, 16)
  header.writeUInt32LE(1, 20) // Ethernet
  return Buffer.concat([header, ...packets.map(record)])
}

function record({ atMs, bytes }: TimedPacket): Buffer {
  const frame = Buffer.alloc(42 + bytes.length)
  frame.writeUInt16BE(0x0800, 12)
  frame[14] = 0x45
  frame.writeUInt16BE(28 + bytes.length, 16)
  frame[22] = 64
  frame[23] = 17
  frame.writeUInt32BE(0x7f00_0001, 26)
  frame.writeUInt32BE(0x7f00_0001, 30)
  frame.writeUInt16BE(40_000, 34)
  frame.writeUInt16BE(40_002, 36)
  frame.writeUInt16BE(8 + bytes.length, 38)
  bytes.copy(frame, 42)
  const header = Buffer.alloc(16)
  header.writeUInt32LE(Math.floor(atMs / 1000), 0)
  header.writeUInt32LE((atMs % 1000) * 1000, 4)
  header.writeUInt32LE(frame.length, 8)
  header.writeUInt32LE(frame.length, 12)
  return Buffer.concat([header, frame])
}
