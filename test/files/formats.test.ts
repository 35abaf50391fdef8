/** Every format that is played, as other programs write it, against the sound that went in. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { createAudioFiles } from '../../src/media/files/decode.js'
import { needs } from '../e2e/harness/needs.js'
import { likeness, mixedVoice, run, scratchFolder, voicesWav } from './sounds.js'

const folder = scratchFolder()
const files = createAudioFiles()
afterAll(async () => {
  await files.close()
  rmSync(folder, { recursive: true, force: true })
})

const seconds = 1.5
const ratesHz = [8_000, 16_000, 22_050, 44_100, 48_000]

interface Writer {
  readonly name: string
  /** What is left of the sound at the least [dB]. */
  readonly snrDb: number
  readonly extension: string
  /** Only for types that decide. */
  readonly type?: string
  readonly program: string
  /** Programs that cannot write every rate write only these. */
  readonly ratesHz?: readonly number[]
  readonly channels?: readonly (1 | 2)[]
  /** Opus knows no other. */
  readonly decodedHz?: number
  parameters(wav: string, file: string): string[]
}

const sox = (name: string, extension: string, snrDb: number, ...form: string[]): Writer => ({
  name,
  extension,
  snrDb,
  program: 'sox',
  parameters: (wav, file) => ['-D', wav, ...form, file],
})
const ffmpeg = (name: string, extension: string, snrDb: number, ...form: string[]): Writer => ({
  name,
  extension,
  snrDb,
  program: 'ffmpeg',
  parameters: (wav, file) => ['-loglevel', 'error', '-y', '-i', wav, ...form, file],
})

const writers: readonly Writer[] = [
  sox('WAV, 8 bits', 'wav', 30, '-b', '8', '-e', 'unsigned'),
  sox('WAV, 16 bits', 'wav', 70, '-b', '16'),
  sox('WAV, 24 bits', 'wav', 70, '-b', '24'),
  sox('WAV, 32 bits', 'wav', 70, '-b', '32', '-e', 'signed'),
  sox('WAV, float 32', 'wav', 70, '-b', '32', '-e', 'float'),
  sox('WAV, float 64', 'wav', 70, '-b', '64', '-e', 'float'),
  sox('WAV, A-law', 'wav', 32, '-e', 'a-law'),
  sox('WAV, mu-law', 'wav', 32, '-e', 'mu-law'),
  ffmpeg('WAV of ffmpeg, extensible', 'wav', 70, '-c:a', 'pcm_s24le'),
  {
    ...ffmpeg('WAV into a pipe', 'wav', 70, '-f', 'wav'),
    parameters: (wav, file) => ['-c', `ffmpeg -loglevel error -i ${wav} -f wav - | cat > ${file}`],
    program: 'sh',
  },
  { ...sox('WAV, GSM', 'wav', 3, '-e', 'gsm-full-rate'), channels: [1], ratesHz: [8_000] },
  { ...sox('GSM', 'gsm', 3), channels: [1], ratesHz: [8_000] },
  sox('AIFF, 8 bits', 'aiff', 30, '-b', '8'),
  sox('AIFF, 16 bits', 'aiff', 70, '-b', '16'),
  sox('AIFF, 24 bits', 'aiff', 70, '-b', '24'),
  sox('AIFF, 32 bits', 'aiff', 70, '-b', '32'),
  sox('AIFF-C, 16 bits', 'aifc', 70, '-b', '16'),
  ffmpeg('AIFF-C, sowt', 'aifc', 70, '-f', 'aiff', '-c:a', 'pcm_s16le'),
  ffmpeg('AIFF-C, ulaw', 'aifc', 32, '-f', 'aiff', '-c:a', 'pcm_mulaw'),
  ffmpeg('AIFF-C, alaw', 'aifc', 32, '-f', 'aiff', '-c:a', 'pcm_alaw'),
  ffmpeg('AIFF-C, fl32', 'aifc', 70, '-f', 'aiff', '-c:a', 'pcm_f32be'),
  ffmpeg('AIFF-C, fl64', 'aifc', 70, '-f', 'aiff', '-c:a', 'pcm_f64be'),
  sox('AU, mu-law', 'au', 32, '-e', 'mu-law'),
  sox('AU, A-law', 'au', 32, '-e', 'a-law'),
  sox('AU, 8 bits', 'au', 30, '-b', '8', '-e', 'signed'),
  sox('AU, 16 bits', 'snd', 70, '-b', '16', '-e', 'signed'),
  sox('AU, 24 bits', 'au', 70, '-b', '24', '-e', 'signed'),
  sox('AU, 32 bits', 'au', 70, '-b', '32', '-e', 'signed'),
  {
    ...sox('bare mu-law', 'ul', 32, '-t', 'raw', '-e', 'mu-law'),
    type: 'audio/basic',
    channels: [1],
    ratesHz: [8_000],
  },
  {
    name: 'MP3 of LAME',
    extension: 'mp3',
    snrDb: 14,
    program: 'lame',
    parameters: (wav, file) => ['--quiet', '-V', '2', wav, file],
  },
  ffmpeg('MP3 of ffmpeg, with tags', 'mp3', 14, '-b:a', '64k', '-metadata', 'title=A sound'),
  ffmpeg('MP2', 'mp2', 14, '-b:a', '160k'),
  {
    name: 'Ogg Opus',
    extension: 'opus',
    snrDb: 8,
    program: 'opusenc',
    decodedHz: 48_000,
    parameters: (wav, file) => ['--quiet', '--bitrate', '96', wav, file],
  },
  {
    name: 'Ogg Vorbis',
    extension: 'ogg',
    snrDb: 14,
    program: 'oggenc',
    parameters: (wav, file) => ['-Q', '-q', '6', wav, '-o', file],
  },
  {
    name: 'FLAC',
    extension: 'flac',
    snrDb: 70,
    program: 'flac',
    parameters: (wav, file) => ['-sf', wav, '-o', file],
  },
  sox('FLAC, 24 bits', 'flac', 70, '-b', '24'),
]

const programs = ['sox', 'ffmpeg', 'flac', 'opusenc', 'oggenc', 'lame']
describe.skipIf(!needs(...programs))(`files of ${programs.join(', ')}`, () => {
  describe.each(writers)('$name', (writer) => {
    const forms = (writer.ratesHz ?? ratesHz)
      .filter((rate) => writer.extension !== 'mp2' || rate !== 8_000)
      .flatMap((rate) =>
        (writer.channels ?? ([1, 2] as const)).map((count) => [rate, count] as const),
      )

    it.each(forms)('at %i Hz with %i channels', async (rateHz, channels) => {
      const name = `${writer.name.replaceAll(/\W/g, '')}-${rateHz}-${channels}`
      const wav = join(folder, `${name}.source.wav`)
      const path = join(folder, `${name}.${writer.extension}`)
      writeFileSync(wav, voicesWav(seconds, rateHz, channels))
      run(writer.program, writer.parameters(wav, path))
      const { samples, sampleRateHz } = await files.decode(readFileSync(path), writer.type)
      expect(sampleRateHz).toBe(writer.decodedHz ?? rateHz)
      const wanted = mixedVoice(seconds, sampleRateHz, channels)
      // Encoders of layers II and III put silence in front; the rest is in step.
      const isLossless = writer.snrDb >= 30
      const delayMax = isLossless ? 5 : Math.round(sampleRateHz / 10)
      const { delay, snrDb } = likeness(wanted, samples, delayMax)
      expect(snrDb).toBeGreaterThan(writer.snrDb)
      expect(delay).toBeGreaterThanOrEqual(-1)
      expect(delay).toBeLessThan(isLossless ? 1 : sampleRateHz / 12)
      if (isLossless) expect(samples).toHaveLength(wanted.length)
      else expect(Math.abs(samples.length - wanted.length)).toBeLessThan(0.12 * sampleRateHz)
    })
  })

  it('a tag in front of FLAC hides nothing', async () => {
    const path = join(folder, 'tagged.flac')
    writeFileSync(join(folder, 'tagged.wav'), voicesWav(0.5, 8_000, 1))
    run('flac', ['-sf', join(folder, 'tagged.wav'), '-o', path])
    const tag = Buffer.from('ID3\x04\0\0\0\0\0\x05abcde', 'latin1')
    const { samples } = await files.decode(Buffer.concat([tag, readFileSync(path)]))
    expect(samples).toHaveLength(4_000)
  })

  it('a picture of megabytes in FLAC costs nothing', async () => {
    const wav = join(folder, 'picture.wav')
    writeFileSync(wav, voicesWav(0.5, 8_000, 1))
    run('flac', ['-sf', wav, '-o', join(folder, 'picture.flac')])
    const file = readFileSync(join(folder, 'picture.flac'))
    const picture = Buffer.alloc(10_000_004)
    picture[0] = 6
    picture.writeUIntBE(10_000_000, 1, 3)
    const head = 4 + 4 + 34
    const parts = [file.subarray(0, head), picture, file.subarray(head)]
    expect((await files.decode(Buffer.concat(parts))).samples).toHaveLength(4_000)
  })
})
