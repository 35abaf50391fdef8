import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sound } from './harness/application.js'
import { melody, readWav, wavBytes, writeWav } from './harness/audio.js'
import { startBaresip } from './harness/baresip.js'
import { converse } from './harness/conversation.js'
import { shareFound } from './harness/measure.js'
import { needs } from './harness/needs.js'
import { freePort } from './harness/ports.js'
import { type Relay, startRelay } from './harness/relay.js'
import { rtcpTypesOf } from './harness/rtp-packets.js'
import { callerNumber, startTestbed, type Testbed } from './harness/testbed.js'

const saysBye = (bytes: Buffer) => rtcpTypesOf(bytes).includes(203)

/** From its hundredth packet on, the phone has the SSRC that the router had then. */
function takingTheSsrc() {
  let count = 0
  let taken: number | undefined
  return (packet: Buffer, { router }: Relay['rtpOf']) => {
    if (++count === 100) taken = router.at(-1)?.ssrc
    if (taken !== undefined) packet.writeUInt32BE(taken, 8)
    return packet
  }
}

describe.skipIf(!needs('baresip'))('RTCP and extensions with baresip', () => {
  let bed: Testbed
  beforeAll(async () => {
    bed = await startTestbed()
  })
  afterAll(() => bed?.close())

  it.concurrent.for([
    { mux: 'yes', account: 'rtcp_mux=yes' },
    { mux: 'no', account: 'rtcp_mux=no' },
  ])(
    'BYE ends a stream (rtcp-mux $mux)',
    { retry: 1 },
    async ({ mux, account }, { onTestFinished }) => {
      const { prompt, said, heard, recording, relay } = await converse(
        bed,
        `mux-${mux}`,
        onTestFinished,
        {
          baresip: { codecs: 'PCMU/8000/1', account },
        },
      )
      expect(shareFound(prompt, heard.samples)).toBeGreaterThan(0.8)
      expect(shareFound(recording.samples, said)).toBeGreaterThan(0.7)
      expect(relay.rtcpOf.router.map(rtcpTypesOf).at(-1)).toEqual([200, 202, 203])
      expect(relay.rtcpOf.router.filter(saysBye)).toHaveLength(1)
    },
  )

  it.concurrent('an SSRC that both have is left, and both still talk', { retry: 1 }, async ({
    onTestFinished,
  }) => {
    const { prompt, said, heard, recording, relay } = await converse(
      bed,
      'collision',
      onTestFinished,
      {
        baresip: { codecs: 'PCMU/8000/1' },
        relay: { packetOfPhone: takingTheSsrc() },
      },
    )
    const ssrcs = [...new Set(relay.rtpOf.router.map(({ ssrc }) => ssrc))]
    expect(ssrcs).toHaveLength(2)
    // One BYE for each of our streams, in their order (RFC 3550 §8.2).
    const byes = relay.rtcpOf.router.filter(saysBye)
    expect(byes.map((bytes) => bytes.readUInt32BE(4))).toEqual(ssrcs)
    expect(shareFound(prompt, heard.samples)).toBeGreaterThan(0.7)
    expect(shareFound(recording.samples, said)).toBeGreaterThan(0.7)
  })

  it('is called with an offer of the audio level, and talks', { retry: 1 }, async ({
    onTestFinished,
  }) => {
    const prompt = melody(2)
    const phone = await freePort()
    const relay = await startRelay({ routerSipPort: bed.router.sipPort, phoneSipPort: phone })
    onTestFinished(() => relay.close())
    const baresip = await startBaresip(bed.path('called'), {
      ...{ codecs: 'PCMU/8000/1', account: 'answermode=auto', sipPort: phone },
      says: writeWav(bed.path('called.wav'), melody(12, 2)),
    })
    onTestFinished(() => baresip.kill())
    bed.app.on('/called/prompt.wav', sound(wavBytes(prompt)))
    bed.app.on('/called/done', '<Response><Hangup/></Response>')
    await bed.client.calls.create({
      to: `sip:baresip@127.0.0.1:${relay.sipPort}`,
      from: callerNumber,
      twiml: `<Response><Gather timeout="1"/><Play>${bed.app.url('/called/prompt.wav')}</Play>
        <Record maxLength="2" playBeep="false" action="${bed.app.url('/called/done')}"/></Response>`,
    })
    await baresip.event('CALL_ESTABLISHED')
    expect(relay.descriptionsOf.router[0]).toContain('a=extmap:1/recvonly urn:ietf:params:rtp-hdr')
    const { parameters } = await bed.app.received('/called/done')
    const recording = await bed.recording(parameters.RecordingUrl)
    await baresip.event('CALL_CLOSED')
    await baresip.kill()
    expect(shareFound(prompt, readWav(baresip.heardFile()).samples)).toBeGreaterThan(0.8)
    expect(shareFound(recording.samples, melody(12, 2))).toBeGreaterThan(0.7)
  })
})
