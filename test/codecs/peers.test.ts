/**
 * Our codecs against those of others: G.722 bit for bit with libspandsp, Opus both ways with the system's
 * libopus. Each needs a compiler and the library's headers (node scripts/install-peers.mjs).
 */
import { execFileSync } from 'node:child_process'
import { beforeAll, expect, it } from 'vitest'
import { build, describePeer } from './peer-programs.js'
import { samplesOf, snrDb } from './snr.js'

describePeer('spandsp.h', 'G.722 and libspandsp', () => {
  let lines: string[] = []
  beforeAll(() => {
    lines = execFileSync(build('g722_spandsp'), { encoding: 'utf8' }).trim().split('\n')
  }, 120_000)
  it.each([
    'speech',
    'quiet-speech',
    'clipped-speech',
    'white-noise',
    'quiet-noise',
    'square',
    'slow-square',
    'bursts',
    'random-codes',
  ])('%s: no code and no sample differs', (name) => {
    expect(lines).toContain(`${name} 0 0`)
  })
})

/** Two seconds of harmonics of a gliding pitch. */
function voice(rateHz: number): Int16Array {
  let phase = 0
  return Int16Array.from({ length: 2 * rateHz }, (_, index) => {
    const seconds = index / rateHz
    phase += (2 * Math.PI * (150 + 30 * Math.sin(4 * seconds))) / rateHz
    let sum = 0
    for (let k = 1; k <= 16; k++) sum += Math.sin(k * phase) / k
    return 5000 * sum * (0.6 + 0.4 * Math.sin(9 * seconds))
  })
}

describePeer('opus/opus.h', "Opus and the system's libopus", () => {
  let ours = ''
  let theirs = ''
  beforeAll(() => {
    ours = build('opus_ours')
    theirs = build('opus_system')
  }, 120_000)

  const run = (program: string, parameters: (string | number)[], input: Uint8Array) =>
    execFileSync(program, parameters.map(String), { input, maxBuffer: 1 << 24 })

  it.each([
    [8_000, 16_000],
    [16_000, 24_000],
    [48_000, 32_000],
    [48_000, 96_000],
  ])('%i Hz, %i bit/s: both decode the packets of either to the same', (rateHz, bitrateBps) => {
    const input = new Uint8Array(voice(rateHz).buffer)
    for (const encoder of [ours, theirs]) {
      const packets = run(encoder, ['encode', rateHz, bitrateBps], input)
      const byUs = samplesOf(run(ours, ['decode', rateHz], packets))
      const byThem = samplesOf(run(theirs, ['decode', rateHz], packets))
      expect(byUs.length).toBe(2 * rateHz)
      expect(snrDb(byThem, byUs)).toBeGreaterThanOrEqual(40)
    }
  })
})
