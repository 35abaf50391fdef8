import { writeFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sound } from './harness/application.js'
import { join, melody, type Samples, silence, tones, wavBytes } from './harness/audio.js'
import { capture, type TimedPacket } from './harness/capture.js'
import { converse } from './harness/conversation.js'
import { offsetOf, rms, shareFound, soundSeconds } from './harness/measure.js'
import { needs } from './harness/needs.js'
import { startRelay } from './harness/relay.js'
import { type RtpPacket, rtpBytes, stepsOf } from './harness/rtp-packets.js'
import { callWithSipp } from './harness/sipp.js'
import { encoded, resampled } from './harness/sound-programs.js'
import { startTestbed, type Testbed } from './harness/testbed.js'

/** libopus says nothing in so many bytes: one by its DTX, three when it was fed two silent channels. */
const nothingBytesMax = 3

/** Of packets with nothing in them, one in so many is sent by DTX: every 400 ms (RFC 6716 §2.1.9). */
const refresh = 20

/** Passes on what Opus says, and of packets with nothing in them as few as a sender with DTX sends. */
function withoutSilence() {
  let nothing = 0
  let leftOut = 0
  const pass = (packet: Buffer) => {
    const isOpus = ((packet[1] as number) & 0x7f) === 96
    const isNothing = isOpus && packet.length <= 12 + nothingBytesMax
    if (isNothing && ++nothing % refresh > 0) {
      leftOut++
      return undefined
    }
    packet.writeUInt16BE((packet.readUInt16BE(2) - leftOut) & 0xffff, 2)
    return packet
  }
  return { pass, leftOut: () => leftOut }
}

describe.skipIf(!needs('baresip', 'ffmpeg'))('DTX of Opus with baresip', () => {
  let bed: Testbed
  beforeAll(async () => {
    bed = await startTestbed()
  })
  afterAll(() => bed?.close())

  const baresip = {
    codecs: 'opus/48000/2',
    settings: ['opus_dtx yes', 'opus_application voip'],
  }
  const stereo = (samples: Samples) =>
    resampled({ samples, sampleRateHz: 8_000, channels: 1 }, 48_000, 2)

  it('keeps the time of what was left out', { retry: 1 }, async ({ onTestFinished }) => {
    const said = join(...[1, 2, 3, 4, 5].flatMap((seed) => [melody(1, seed), silence(2)]))
    const dtx = withoutSilence()
    const { prompt, heard, recording, relay } = await converse(bed, 'dtx', onTestFinished, {
      ...{ baresip, says: stereo(said), recordSeconds: 6 },
      relay: { packetOfPhone: dtx.pass },
    })
    expect(relay.descriptionsOf.phone[0]).toContain('usedtx=1')
    expect(dtx.leftOut()).toBeGreaterThan(100)
    expect(shareFound(prompt, resampled(heard, 8_000).samples)).toBeGreaterThan(0.8)
    const recorded = resampled(recording, 8_000).samples
    expect(recorded.length / 8_000).toBeCloseTo(6, 1)
    // Six seconds anywhere hold two of sound. Of later ones nothing would be found had time been lost.
    expect(soundSeconds(recorded)).toBeGreaterThan(1.5)
    expect(soundSeconds(recorded)).toBeLessThan(2.5)
    expect(shareFound(recorded, said)).toBeGreaterThan(0.7)
  })

  it.concurrent('is silence to Record', { retry: 1 }, async ({ onTestFinished }) => {
    const dtx = withoutSilence()
    // It falls silent while it is recorded, and hardly anything comes any more.
    const said = join(melody(7), silence(12))
    const { recording } = await converse(bed, 'silent', onTestFinished, {
      ...{ baresip, says: stereo(said), recordSeconds: 12, recordTimeout: 2 },
      relay: { packetOfPhone: dtx.pass },
    })
    // It hangs up after two seconds of silence: of a hundred packets hardly any came.
    expect(dtx.leftOut()).toBeGreaterThan(50)
    const seconds = recording.samples.length / recording.sampleRateHz
    expect(seconds).toBeGreaterThan(1.8)
    expect(seconds).toBeLessThan(9)
  })
})

/** Speech as mu-law, comfort noise for as long, and speech, 20 ms a packet (RFC 3389). */
function captureWithNoise(before: Samples, noiseSeconds: number, after: Samples): Buffer {
  const packets: TimedPacket[] = []
  const add = (atMs: number, payloadType: number, marker: boolean, payload: Buffer) => {
    const sequence = packets.length
    const packet = { payloadType, marker, sequence, timestamp: atMs * 8, payload }
    packets.push({ atMs, bytes: rtpBytes(packet) })
  }
  const speak = (fromMs: number, samples: Samples) => {
    const all = encoded(samples, 'mulaw', 8_000)
    for (let at = 0; at + 160 <= all.length; at += 160) {
      add(fromMs + at / 8, 0, at === 0, all.subarray(at, at + 160))
    }
    return fromMs + samples.length / 8
  }
  const noiseMs = speak(0, before)
  const againMs = noiseMs + noiseSeconds * 1000
  for (let atMs = noiseMs; atMs < againMs; atMs += 200) add(atMs, 13, false, Buffer.from([70]))
  speak(againMs, after)
  return capture(packets)
}

/** sipp plays captures through a raw socket. */
const mayUseRawSockets = process.getuid?.() === 0

describe.skipIf(!needs('sipp', 'ffmpeg') || !mayUseRawSockets)('comfort noise (raw socket)', () => {
  let bed: Testbed
  beforeAll(async () => {
    bed = await startTestbed()
  })
  afterAll(() => bed?.close())

  it('stands for silence both ways with sipp', { retry: 1 }, async ({ onTestFinished }) => {
    const relay = await startRelay({ routerSipPort: bed.router.sipPort })
    onTestFinished(() => relay.close())
    const [first, second] = [melody(1.2, 7), melody(1, 8)]
    const file = bed.path('noise.pcap')
    writeFileSync(file, captureWithNoise(join(silence(0.2), first), 2, second))
    const number = await bed.number({
      '/noise': `<Response><Record maxLength="5" timeout="10" playBeep="false" trim="do-not-trim"
        action="/noise/done"/></Response>`,
      '/noise/done': `<Response><Play>/noise/prompt.wav</Play><Pause length="2"/>
        <Play>/noise/prompt.wav</Play></Response>`,
      '/noise/prompt.wav': sound(wavBytes(tones([440], 1))),
    })
    await callWithSipp(relay.sipPort, number, {
      scenario: 'caller-with-media',
      cwd: bed.directory,
      values: {
        media: '0 13\na=rtpmap:0 PCMU/8000\na=rtpmap:13 CN/8000',
        play: `play_pcap_audio="${file}"`,
      },
    })
    expect(relay.descriptionsOf.router[0]).toContain('a=rtpmap:13 CN/8000\r\n')

    // Theirs: nothing is made up in its place, and none of the time is lost.
    const { parameters } = await bed.app.received('/noise/done')
    const { samples } = await bed.recording(parameters.RecordingUrl)
    expect(samples.length / 8_000).toBeCloseTo(5, 1)
    const [begins, again] = [offsetOf(first, samples), offsetOf(second, samples)]
    expect((again - begins) / 8_000).toBeCloseTo(3.2, 1)
    expect(shareFound(join(first, silence(2), second), samples)).toBeGreaterThan(0.7)
    const noise = samples.subarray(begins + 1.5 * 8_000, begins + 3 * 8_000)
    expect(rms(noise)).toBeLessThan(50)
    expect(rms(noise)).toBeGreaterThan(0)

    // Ours: a few packets in the pause, the time passes, and who speaks again says so.
    const sent = relay.rtpOf.router
    expect(new Set(stepsOf(sent).map(({ sequence }) => sequence))).toEqual(new Set([1]))
    const [wait, firstPrompt, pause, secondPrompt, more] = runsOf(sent).slice(1)
    const shape = [wait, firstPrompt, pause, secondPrompt].map((run) => run?.[0])
    expect(shape).toMatchObject([
      { payloadType: 13, marker: false },
      { payloadType: 0, marker: true },
      { payloadType: 13, marker: false },
      { payloadType: 0, marker: true },
    ])
    expect(more?.[0]?.payloadType ?? 13).toBe(13)
    expect(pause?.length).toBeLessThan(12)
    const [began, resumed] = [firstPrompt?.[0]?.timestamp ?? 0, secondPrompt?.[0]?.timestamp ?? 0]
    expect(((resumed - began) >>> 0) / 8_000).toBeCloseTo(3, 1)
    // Our reports say that nothing was lost (RFC 3550 §6.4.1): the first is ours, its block theirs.
    const reports = relay.rtcpOf.router.filter((bytes) => bytes[1] === 200 && (bytes[0] ?? 0) & 31)
    expect(reports.length).toBeGreaterThan(0)
    for (const report of reports) expect(report.readUInt32BE(32)).toBe(0)
  })
})

/** Packets of one payload type after another. */
function runsOf(packets: readonly RtpPacket[]): RtpPacket[][] {
  const runs: RtpPacket[][] = []
  for (const packet of packets) {
    const run = runs.at(-1)
    if (run?.[0]?.payloadType === packet.payloadType) run.push(packet)
    else runs.push([packet])
  }
  return runs
}
