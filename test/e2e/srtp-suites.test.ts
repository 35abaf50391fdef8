import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { converse } from './harness/conversation.js'
import { shareFound } from './harness/measure.js'
import { needs } from './harness/needs.js'
import { countsOfValues, type RtpPacket } from './harness/rtp-packets.js'
import { startTestbed, type Testbed } from './harness/testbed.js'

/** baresip offers its first suite only, and takes the one of the answer: its offer is changed on the way. */
const offering = (suite: string, keyBytes: number) => (sdp: string) =>
  sdp.replace(/^a=crypto:1 \S+ inline:(\S+)/m, (_line, key: string) => {
    const bytes = Buffer.from(key, 'base64').subarray(0, keyBytes)
    return `a=crypto:1 ${suite} inline:${bytes.toString('base64')}`
  })

/** How often the most frequent byte of the payloads comes, by chance about 1. */
function greatestFrequency(packets: readonly RtpPacket[]): number {
  const bytes = Buffer.concat(packets.map(({ payload }) => payload))
  return (Math.max(...countsOfValues([...bytes]).values()) * 256) / bytes.length
}

describe.skipIf(!needs('baresip'))('SRTP with baresip', () => {
  let bed: Testbed
  beforeAll(async () => {
    bed = await startTestbed()
  })
  afterAll(() => bed?.close())

  it.concurrent.for([
    { suite: 'AES_CM_128_HMAC_SHA1_32', keyBytes: 30, tagBytes: 4 },
    { suite: 'AEAD_AES_128_GCM', keyBytes: 28, tagBytes: 16 },
  ])('$suite', { retry: 1 }, async ({ suite, keyBytes, tagBytes }, { onTestFinished }) => {
    const { prompt, said, heard, recording, relay } = await converse(bed, suite, onTestFinished, {
      baresip: { codecs: 'PCMU/8000/1', account: 'mediaenc=srtp-mand' },
      relay: { fromPhone: offering(suite, keyBytes) },
    })
    expect(relay.descriptionsOf.router[0]).toContain('RTP/SAVP 0 101\r\n')
    expect(relay.descriptionsOf.router[0]).toContain(`a=crypto:1 ${suite} inline:`)
    expect(shareFound(prompt, heard.samples)).toBeGreaterThan(0.8)
    expect(shareFound(recording.samples, said)).toBeGreaterThan(0.7)
    const bothWays = [relay.rtpOf.router, relay.rtpOf.phone]
    for (const packets of bothWays) {
      const speech = packets.filter(({ payloadType }) => payloadType === 0)
      expect(new Set(speech.map(({ payload }) => payload.length))).toEqual(
        new Set([160 + tagBytes]),
      )
      // Silence in the clear would be one byte over and over.
      expect(greatestFrequency(speech)).toBeLessThan(1.5)
    }
  })
})
