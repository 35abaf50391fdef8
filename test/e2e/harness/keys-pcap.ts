/** One key by RFC 4733: packets every 20 ms for 100 ms, the last three times, then a pause [ms]. */
const packetMs = 20
const keyPackets = 5
const gapMs = 100
const keyNames = '0123456789*#ABCD'

/** A capture file whose packets press keys, for peers that play captures. */
export function keysPcap(digits: string, payloadType = 101): Buffer {
  const header = Buffer.alloc(24)
  header.writeUInt32LE(0xa1b2c3d4, 0)
  header.writeUInt16LE(2, 4)
  header.writeUInt16LE(4, 6)
  header.writeUInt32LE(65_535, 16)
  header.writeUInt32LE(1, 20) // Ethernet
  const records: Buffer[] = [header]
  let sequence = 1_000
  let startMs = 0
  for (const digit of digits) {
    for (let index = 0; index < keyPackets + 2; index++) {
      const held = Math.min(index + 1, keyPackets)
      const rtp = Buffer.alloc(16)
      rtp[0] = 0x80
      rtp[1] = payloadType | (index === 0 ? 0x80 : 0)
      rtp.writeUInt16BE(sequence++, 2)
      rtp.writeUInt32BE(80_000 + startMs * 8, 4)
      rtp.writeUInt32BE(0x2b67_0001, 8)
      rtp[12] = keyNames.indexOf(digit)
      rtp[13] = (index >= keyPackets - 1 ? 0x80 : 0) | 10
      rtp.writeUInt16BE(held * packetMs * 8, 14)
      records.push(record(startMs + index * packetMs, rtp))
    }
    startMs += (keyPackets + 2) * packetMs + gapMs
  }
  return Buffer.concat(records)
}

function record(atMs: number, payload: Buffer): Buffer {
  const frame = Buffer.alloc(42 + payload.length)
  frame.writeUInt16BE(0x0800, 12)
  frame[14] = 0x45
  frame.writeUInt16BE(28 + payload.length, 16)
  frame[22] = 64
  frame[23] = 17
  frame.writeUInt32BE(0x7f00_0001, 26)
  frame.writeUInt32BE(0x7f00_0001, 30)
  frame.writeUInt16BE(40_000, 34)
  frame.writeUInt16BE(40_002, 36)
  frame.writeUInt16BE(8 + payload.length, 38)
  payload.copy(frame, 42)
  const header = Buffer.alloc(16)
  header.writeUInt32LE(Math.floor(atMs / 1000), 0)
  header.writeUInt32LE((atMs % 1000) * 1000, 4)
  header.writeUInt32LE(frame.length, 8)
  header.writeUInt32LE(frame.length, 12)
  return Buffer.concat([header, frame])
}
