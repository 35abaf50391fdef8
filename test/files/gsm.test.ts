/** The decoder of GSM full rate against the one that sox has, sample for sample. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { createAudioFiles } from '../../src/media/files/decode.js'
import { needs } from '../e2e/harness/needs.js'
import { run, scratchFolder } from './sounds.js'

const folder = scratchFolder()
const files = createAudioFiles()
afterAll(async () => {
  await files.close()
  rmSync(folder, { recursive: true, force: true })
})

const text =
  'The quick brown fox jumps over the lazy dog. She sells sea shells by the sea shore. ' +
  'Peter Piper picked a peck of pickled peppers, and seventy-seven benevolent elephants.'
const voices = ['en-us', 'en-gb', 'de', 'fr', 'en-us+f3']

function soxDecodes(path: string): Int16Array {
  const bytes = run('sox', [path, '-t', 'raw', '-e', 'signed', '-b', '16', '-'])
  return new Int16Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length))
}

async function expectSame(path: string): Promise<void> {
  const { samples } = await files.decode(readFileSync(path), 'audio/x-gsm')
  const wanted = soxDecodes(path)
  // Not toEqual: a report of a hundred thousand samples is of no use.
  expect(samples.length).toBe(wanted.length)
  expect(wanted.findIndex((sample, index) => sample !== samples[index])).toBe(-1)
}

describe.skipIf(!needs('sox', 'espeak-ng'))('GSM full rate (sox, espeak-ng)', () => {
  it.each(voices)('is that of sox for speech (%s)', async (voice) => {
    const wav = join(folder, `${voice}.wav`)
    run('espeak-ng', ['-v', voice, '-w', wav, text])
    for (const gain of ['-20', '-1', '12']) {
      const raw = join(folder, `${voice}${gain}.gsm`)
      run('sox', ['-V1', wav, '-r', '8000', raw, 'gain', gain])
      await expectSame(raw)
      const inWav = join(folder, `${voice}${gain}.wav`)
      run('sox', ['-V1', wav, '-r', '8000', '-e', 'gsm-full-rate', inWav, 'gain', gain])
      await expectSame(inWav)
    }
  })

  it('is that of sox for frames that no encoder makes', async () => {
    let state = 7
    const frames = Buffer.alloc(33 * 2_000, 0)
    for (let index = 0; index < frames.length; index++) {
      state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0
      frames[index] = index % 33 === 0 ? 0xd0 | ((state >>> 16) & 0x0f) : (state >>> 16) & 0xff
    }
    const path = join(folder, 'random.gsm')
    writeFileSync(path, frames)
    await expectSame(path)
  })
})
