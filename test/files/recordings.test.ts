/** Copies of recordings, as other programs read them. */
import { existsSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { AudioFileError } from '../../src/media/files/decode.js'
import { RecordingCopies } from '../../src/media/files/recording-copies.js'
import { needs } from '../e2e/harness/needs.js'
import { likeness, run, scratchFolder, voice, voicesWav } from './sounds.js'

const folder = scratchFolder()
const kept = join(folder, 'copies')
const copies = new RecordingCopies(kept, 50_000_000)
afterAll(async () => {
  await copies.close()
  rmSync(folder, { recursive: true, force: true })
})

const seconds = 6
const side = (rateHz: number, which: 0 | 1) =>
  Float64Array.from({ length: seconds * rateHz }, (_, at) => voice(at / rateHz, which))

function recording(sid: string, rateHz: number, channels: 1 | 2): string {
  const path = join(folder, `${sid}.wav`)
  writeFileSync(path, voicesWav(seconds, rateHz, channels))
  return path
}

/** What each program of others decodes: samples of one channel. */
const readers: { readonly [program: string]: (path: string, channel: number) => Int16Array } = {
  ffmpeg: (path, channel) =>
    samplesOf(
      run('ffmpeg', [
        ...['-loglevel', 'error', '-i', path, '-af', `pan=mono|c0=c${channel}`],
        ...['-f', 's16le', '-c:a', 'pcm_s16le', '-'],
      ]),
    ),
  sox: (path, channel) =>
    samplesOf(
      run('sox', [
        '-V1',
        path,
        '-t',
        'raw',
        '-e',
        'signed',
        '-b',
        '16',
        '-',
        'remix',
        `${channel + 1}`,
      ]),
    ),
}

function samplesOf(bytes: Buffer): Int16Array {
  return new Int16Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length))
}

function probe(path: string) {
  const answer = run('ffprobe', [
    ...['-loglevel', 'error', '-show_entries', 'stream=codec_name,sample_rate,channels'],
    ...['-show_entries', 'format=duration', '-of', 'json', path],
  ])
  const { streams, format } = JSON.parse(answer.toString())
  const [{ codec_name, sample_rate, channels }] = streams
  return {
    codec: codec_name,
    rateHz: Number(sample_rate),
    channels,
    seconds: Number(format.duration),
  }
}

describe.skipIf(!needs('ffmpeg', 'sox'))('copies of recordings (ffmpeg, sox)', () => {
  describe.each([8_000, 16_000])('at %i Hz', (rateHz) => {
    it.each([1, 2] as const)('MP3 with %i channels', async (channels) => {
      const sid = `RE${rateHz}${channels}`
      const source = recording(sid, rateHz, channels)
      const { path, bytes } = await copies.copyOf(sid, source, { format: 'mp3', channels })
      expect(readFileSync(path)).toHaveLength(bytes)
      expect(probe(path)).toMatchObject({ codec: 'mp3', rateHz, channels })
      expect(Math.abs(probe(path).seconds - seconds)).toBeLessThan(0.2)
      for (const [program, read] of Object.entries(readers)) {
        for (let channel = 0; channel < channels; channel++) {
          const wanted = side(rateHz, channel as 0 | 1)
          const { delay, snrDb } = likeness(wanted, read(path, channel), rateHz / 5)
          expect(snrDb, `${program}, channel ${channel}`).toBeGreaterThan(15)
          expect(delay).toBeLessThan(rateHz / 6)
        }
      }
    })
  })

  it('mixes two channels to one, as MP3 and as WAV', async () => {
    const source = recording('REmix', 8_000, 2)
    const [left, right] = [side(8_000, 0), side(8_000, 1)]
    const wanted = left.map((sample, index) => sample + (right[index] as number))
    const wav = await copies.copyOf('REmix', source, { format: 'wav', channels: 1 })
    expect(probe(wav.path)).toEqual({ codec: 'pcm_s16le', rateHz: 8_000, channels: 1, seconds })
    for (const read of Object.values(readers))
      expect(likeness(wanted, read(wav.path, 0), 5)).toMatchObject({ delay: 0 })
    const found = likeness(wanted, (readers.sox as (typeof readers)[string])(wav.path, 0), 5)
    expect(found.snrDb).toBeGreaterThan(60)
    const mp3 = await copies.copyOf('REmix', source, { format: 'mp3', channels: 1 })
    expect(probe(mp3.path)).toMatchObject({ codec: 'mp3', channels: 1 })
  })
})

describe('RecordingCopies', () => {
  const form = { format: 'mp3', channels: 1 } as const

  it('makes a copy once for all who ask, keeps it, and removes it with its recording', async () => {
    const source = recording('REonce', 8_000, 1)
    const [one, two] = await Promise.all([
      copies.copyOf('REonce', source, form),
      copies.copyOf('REonce', source, form),
    ])
    expect(one).toEqual(two)
    rmSync(source)
    expect(await copies.copyOf('REonce', source, form)).toEqual(one)
    await copies.forget('REonce')
    expect(existsSync(one.path)).toBe(false)
    await expect(copies.copyOf('REonce', source, form)).rejects.toBeInstanceOf(AudioFileError)
  })

  it('leaves nothing of a recording that is none', async () => {
    const source = join(folder, 'broken.wav')
    writeFileSync(source, 'this is no recording')
    await expect(copies.copyOf('REbroken', source, form)).rejects.toBeInstanceOf(AudioFileError)
    expect(readdirSync(kept).filter((name) => name.startsWith('REbroken'))).toEqual([])
  })

  it('keeps what was used last while there is room', async () => {
    const small = new RecordingCopies(join(folder, 'small'), 60_000)
    try {
      const paths: string[] = []
      for (const sid of ['REa', 'REb', 'REc']) {
        const { path } = await small.copyOf(sid, recording(sid, 8_000, 1), form)
        const past = new Date(Date.now() - 60_000 + 1_000 * paths.push(path))
        utimesSync(path, past, past)
        if (sid === 'REb') await small.copyOf('REa', '', form)
      }
      expect(paths.map((path) => existsSync(path))).toEqual([true, false, true])
    } finally {
      await small.close()
    }
  })

  it('has a whole MP3 of a recording without a sound in it', async () => {
    const source = join(folder, 'empty.wav')
    writeFileSync(source, voicesWav(0, 8_000, 1))
    const { bytes } = await copies.copyOf('REempty', source, form)
    expect(bytes).toBeLessThan(2_000)
  })
})
