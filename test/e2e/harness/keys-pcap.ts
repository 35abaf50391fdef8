import { capture, type TimedPacket } from './capture.js'
import { rtpBytes } from './rtp-packets.js'

/** One key by RFC 4733: packets every 20 ms for 100 ms, the last three times, then a pause [ms]. */
const packetMs = 20
const keyPackets = 5
const gapMs = 100
const keyNames = '0123456789*#ABCD'

/** A capture file whose packets press keys, for peers that play captures. */
export function keysPcap(digits: string, payloadType = 101): Buffer {
  const packets: TimedPacket[] = []
  let sequence = 1_000
  let startMs = 0
  for (const digit of digits) {
    for (let index = 0; index < keyPackets + 2; index++) {
      const held = Math.min(index + 1, keyPackets)
      const payload = Buffer.alloc(4)
      payload[0] = keyNames.indexOf(digit)
      payload[1] = (index >= keyPackets - 1 ? 0x80 : 0) | 10
      payload.writeUInt16BE(held * packetMs * 8, 2)
      const timestamp = 80_000 + startMs * 8
      const packet = { payloadType, marker: index === 0, sequence: sequence++, timestamp, payload }
      packets.push({ atMs: startMs + index * packetMs, bytes: rtpBytes(packet) })
    }
    startMs += (keyPackets + 2) * packetMs + gapMs
  }
  return capture(packets)
}
