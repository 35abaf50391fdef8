/** Broken and hostile files: nothing throws out of the worker, and all of it takes bounded time. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import { AudioFileError, createAudioFiles } from '../../src/media/files/decode.js'
import { needs } from '../e2e/harness/needs.js'
import { run, scratchFolder, voicesWav } from './sounds.js'

const folder = scratchFolder()
const files = createAudioFiles()
afterAll(async () => {
  await files.close()
  rmSync(folder, { recursive: true, force: true })
})

/** What each program makes of the same sound of half a second. */
const makers: readonly (readonly [name: string, program: string, ...parameters: string[]])[] = [
  ['a.wav', 'sox', '-b', '24'],
  ['gsm.wav', 'sox', '-e', 'gsm-full-rate'],
  ['a.gsm', 'sox'],
  ['a.aiff', 'sox', '-b', '16'],
  ['a.aifc', 'sox', '-b', '16'],
  ['a.au', 'sox', '-e', 'mu-law'],
  ['a.mp3', 'lame', '--quiet', '-b', '32'],
  ['tagged.mp3', 'ffmpeg', '-metadata', 'title=A sound'],
  ['a.opus', 'opusenc', '--quiet'],
  ['a.ogg', 'oggenc', '-Q'],
  ['a.flac', 'flac', '-sf'],
]

function make(name: string, program: string, parameters: readonly string[]): Buffer {
  const wav = join(folder, 'source.wav')
  const path = join(folder, name)
  writeFileSync(wav, voicesWav(0.5, 8_000, 1))
  if (program === 'ffmpeg')
    run(program, ['-loglevel', 'error', '-y', '-i', wav, ...parameters, path])
  else if (program === 'oggenc' || program === 'flac')
    run(program, [...parameters, wav, '-o', path])
  else if (program === 'sox') run(program, ['-V1', wav, ...parameters, path])
  else run(program, [...parameters, wav, path])
  return readFileSync(path)
}

type Change =
  | { readonly type: 'bytes'; readonly at: number; readonly bytes: Uint8Array }
  | { readonly type: 'cut'; readonly at: number }
  | { readonly type: 'remove' | 'repeat'; readonly at: number; readonly count: number }

/** Places are shares of the file, more of them in the header. */
const place = fc.oneof(
  fc.double({ min: 0, max: 0.02, noNaN: true }),
  fc.double({ min: 0, max: 1, noNaN: true }),
)
const bytes = fc.oneof(
  fc.uint8Array({ minLength: 1, maxLength: 8 }),
  fc.constantFrom(0x00, 0xff, 0x7f, 0x80).map((value) => new Uint8Array(4).fill(value)),
)
const change: fc.Arbitrary<Change> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ type: fc.constant('bytes' as const), at: place, bytes }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('cut' as const), at: place }) },
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constantFrom('remove' as const, 'repeat' as const),
      at: place,
      count: fc.nat(5_000),
    }),
  },
)

function changed(file: Buffer, changes: readonly Change[]): Buffer {
  return changes.reduce((before, one) => {
    const at = Math.floor(one.at * before.length)
    if (one.type === 'cut') return before.subarray(0, at)
    if (one.type === 'bytes') {
      const after = Buffer.from(before)
      after.set(one.bytes.subarray(0, after.length - at), at)
      return after
    }
    const end = at + one.count
    const middle = one.type === 'repeat' ? [before.subarray(at, end), before.subarray(at, end)] : []
    return Buffer.concat([before.subarray(0, at), ...middle, before.subarray(end)])
  }, file)
}

const programs = ['sox', 'ffmpeg', 'flac', 'opusenc', 'oggenc', 'lame']
describe.skipIf(!needs(...programs))('hostile files', () => {
  it.each(makers)('mutations of %s are played or refused', async (name, program, ...parameters) => {
    const valid = make(name, program, parameters)
    expect((await files.decode(valid)).samples.length).toBeGreaterThan(3_900)
    let refused = 0
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 4 }), async (changes) => {
        const startedMs = performance.now()
        const outcome = await files.decode(changed(valid, changes)).catch((error) => error)
        if (outcome instanceof Error) {
          refused++
          expect(outcome).toBeInstanceOf(AudioFileError)
          expect(outcome.message).not.toContain('crashed')
        }
        expect(performance.now() - startedMs).toBeLessThan(5_000)
      }),
      { numRuns: 150, endOnFailure: true },
    )
    expect(refused).toBeLessThan(150)
  })

  it('a small file of hours is refused soon', async () => {
    const path = join(folder, 'hours.flac')
    run('sox', ['-V1', '-n', '-r', '8000', '-c', '1', '-b', '16', path, 'trim', '0', '2500'])
    await expect(files.decode(readFileSync(path))).rejects.toThrow('longer than 40 minutes')
  })

  it('blocks of 65,535 samples and eight channels take no more memory than their samples', async () => {
    const wav = join(folder, 'wide.wav')
    run('sox', ['-V1', '-n', '-r', '48000', '-c', '8', '-b', '16', wav, 'trim', '0', '60'])
    run('flac', ['-sf', '--lax', '-b', '65535', wav, '-o', join(folder, 'wide.flac')])
    const file = readFileSync(join(folder, 'wide.flac'))
    const beforeKb = process.resourceUsage().maxRSS
    expect((await files.decode(file)).samples).toHaveLength(48_000 * 60)
    expect(process.resourceUsage().maxRSS - beforeKb).toBeLessThan(250_000)
  })

  it('is left for another at any moment', async () => {
    const path = join(folder, 'long.mp3')
    writeFileSync(join(folder, 'long.wav'), voicesWav(60, 16_000, 1))
    run('lame', ['--quiet', join(folder, 'long.wav'), path])
    const long = readFileSync(path)
    for (const ms of [1, 20, 80]) {
      const abort = new AbortController()
      const startedMs = performance.now()
      const decoding = files.decode(long, 'audio/mpeg', abort.signal)
      setTimeout(() => abort.abort(new Error('hung up')), ms)
      await expect(decoding).rejects.toThrow('hung up')
      expect(performance.now() - startedMs).toBeLessThan(ms + 500)
    }
    const [gsm] = makers.filter(([name]) => name === 'a.gsm')
    expect((await files.decode(make('b.gsm', gsm?.[1] ?? '', []))).samples.length).toBeGreaterThan(
      0,
    )
  })
})
