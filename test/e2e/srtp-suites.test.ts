import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readWav, tones, writeWav } from './harness/audio.js'
import { startBaresip } from './harness/baresip.js'
import { call } from './harness/caller.js'
import { converse } from './harness/conversation.js'
import { shareFound, toneSeconds } from './harness/measure.js'
import { needs } from './harness/needs.js'
import { freePort } from './harness/ports.js'
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
  it.concurrent('is offered where a document wants it', { timeout: 60_000 }, async () => {
    const says = writeWav(bed.path('says.wav'), tones([500], 12))
    const sipPort = await freePort()
    const phone = await startBaresip(bed.path('called'), {
      sipPort,
      says,
      codecs: 'PCMU/8000/1',
      account: 'mediaenc=srtp-mand;answermode=auto',
    })
    try {
      const heard: number[] = []
      for (const secure of ['', ';secure=true']) {
        const name = secure === '' ? 'plain' : 'secure'
        const number = await bed.number({
          [`/${name}`]: `<Response><Dial action="/${name}/done"><Sip>sip:baresip@127.0.0.1:${sipPort}${secure}</Sip></Dial></Response>`,
          [`/${name}/done`]: '<Response><Hangup/></Response>',
        })
        const record = bed.path(`${name}.wav`)
        await call(bed.uriOf(number), { record, maxSeconds: 5 })
        heard.push(toneSeconds(readWav(record).samples, 500))
      }
      expect(heard[0]).toBeLessThan(0.5)
      expect(heard[1]).toBeGreaterThan(2)
    } finally {
      await phone.kill()
    }
    expect((await bed.app.received('/plain/done')).parameters).toMatchObject({
      DialCallStatus: 'failed',
    })
    expect((await bed.app.received('/secure/done')).parameters).toMatchObject({
      DialCallStatus: 'completed',
    })
  })

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
