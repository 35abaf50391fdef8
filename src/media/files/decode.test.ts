import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { AudioFileError } from './audio-file.js'
import { bareFormatOf, decodeSound } from './format-table.js'

interface Form {
  readonly code: number
  readonly channels: number
  readonly rate: number
  readonly bits: number
}

const chunk = (id: string, body: Buffer, size = body.length) => {
  const head = Buffer.alloc(8)
  head.write(id)
  head.writeUInt32LE(size, 4)
  return Buffer.concat([head, body, Buffer.alloc(body.length & 1)])
}

function format({ code, channels, rate, bits }: Form): Buffer {
  const body = Buffer.alloc(16)
  body.writeUInt16LE(code, 0)
  body.writeUInt16LE(channels, 2)
  body.writeUInt32LE(rate, 4)
  body.writeUInt32LE(((rate * channels * bits) / 8) % 2 ** 32, 8)
  body.writeUInt16LE((channels * bits) / 8, 12)
  body.writeUInt16LE(bits, 14)
  return body
}

function riff(chunks: readonly Buffer[], size?: number): Buffer {
  const body = Buffer.concat([Buffer.from('WAVE'), ...chunks])
  return chunk('RIFF', body, size ?? body.length)
}

const wav = (form: Form, data: Buffer) => riff([chunk('fmt ', format(form)), chunk('data', data)])
const int16 = (...values: number[]) => Buffer.from(Int16Array.from(values).buffer)
const mono: Form = { code: 1, channels: 1, rate: 8_000, bits: 16 }
const samplesOf = async (bytes: Buffer, type = '') => [...(await decodeSound(bytes, type)).samples]

describe('WAV', () => {
  it('reads 16-bit mono as it is', async () => {
    const { samples, sampleRateHz } = await decodeSound(wav(mono, int16(1, -2, 32_767)), '')
    expect([...samples]).toEqual([1, -2, 32_767])
    expect(sampleRateHz).toBe(8_000)
  })

  it('averages channels', async () => {
    const stereo = wav({ ...mono, channels: 2, rate: 44_100 }, int16(100, 300, -50, -150))
    expect(await samplesOf(stereo)).toEqual([200, -100])
  })

  it.each([
    [{ code: 1, bits: 8 }, Buffer.from([128, 255, 0]), [0, 32_512, -32_768]],
    [{ code: 1, bits: 24 }, Buffer.from([0, 1, 0, 255, 255, 127]), [1, 32_767]],
    [{ code: 1, bits: 32 }, Buffer.from([0, 0, 1, 0]), [1]],
    // ITU-T G.711: code 0x80 is the largest positive mu-law value, 0xd5 the smallest of A-law.
    [{ code: 7, bits: 8 }, Buffer.from([0xff, 0x80, 0x00]), [0, 32_124, -32_124]],
    [{ code: 6, bits: 8 }, Buffer.from([0xd5, 0x55, 0xaa]), [8, -8, 32_256]],
    // What is louder than full scale is cut, and what is no number is silence.
    [
      { code: 3, bits: 32 },
      Buffer.from(Float32Array.from([0.5, -1, 2, Number.NaN, -Infinity]).buffer),
      [16_384, -32_768, 32_767, 0, -32_768],
    ],
    [{ code: 3, bits: 64 }, Buffer.from(Float64Array.from([0.5, -2]).buffer), [16_384, -32_768]],
  ])('reads format %o', async (form, data, expected) => {
    expect(await samplesOf(wav({ channels: 1, rate: 8_000, ...form }, data))).toEqual(expected)
  })

  it('reads the extensible format', async () => {
    const body = Buffer.alloc(40)
    format({ ...mono, code: 0xfffe }).copy(body)
    body.writeUInt16LE(22, 16)
    body.writeUInt16LE(1, 24)
    const file = riff([chunk('fmt ', body), chunk('data', int16(7, 8))])
    expect(await samplesOf(file)).toEqual([7, 8])
  })

  it('passes over other chunks, of odd sizes too', async () => {
    const file = riff([
      chunk('LIST', Buffer.from('abc')),
      chunk('fmt ', format(mono)),
      chunk('fact', Buffer.alloc(5)),
      chunk('data', int16(7, 8)),
      chunk('LIST', Buffer.from('behind')),
    ])
    expect(await samplesOf(file)).toEqual([7, 8])
  })

  it.each([0, 0xffff_ffff])('reads a stream whose sizes are %i to its end', async (size) => {
    const file = riff([chunk('fmt ', format(mono)), chunk('data', int16(1, 2, 3), size)], size)
    expect(await samplesOf(file)).toEqual([1, 2, 3])
  })

  it('knows a sound of no samples from a stream', async () => {
    const empty = riff([
      chunk('fmt ', format(mono)),
      chunk('data', Buffer.alloc(0)),
      chunk('LIST', Buffer.alloc(4)),
    ])
    expect(await samplesOf(empty)).toEqual([])
  })

  it('reads what is there of a file that was cut short', async () => {
    const whole = wav(mono, int16(1, 2, 3, 4))
    expect(await samplesOf(whole.subarray(0, whole.length - 3))).toEqual([1, 2])
  })

  it.each([
    [{ channels: 0 }, '0 channels'],
    [{ channels: 9 }, '9 channels'],
    [{ rate: 0 }, 'a sample rate of 0 Hz'],
    [{ rate: 13_000 }, 'a sample rate of 13000 Hz'],
    [{ rate: 4_000_000_000 }, 'a sample rate of 4000000000 Hz'],
    [{ bits: 0 }, 'with 0 bits'],
    [{ bits: 48 }, 'with 48 bits'],
    [{ code: 85 }, 'WAV format 85'],
  ])('refuses a header with %o', async (change, message) => {
    await expect(decodeSound(wav({ ...mono, ...change }, int16(1)), '')).rejects.toThrow(message)
  })

  it('refuses what is longer than forty minutes before it is decoded', async () => {
    const long = wav({ code: 7, channels: 1, rate: 8_000, bits: 8 }, Buffer.alloc(8_000 * 2_401))
    await expect(decodeSound(long, '')).rejects.toThrow('longer than 40 minutes')
  })
})

describe('sample rates that the core does not take', () => {
  it.each([
    [96_000, 48_000],
    [192_000, 48_000],
    [88_200, 44_100],
    [12_000, 24_000],
    [6_000, 24_000],
    [8_012, 8_000],
  ])('%i Hz becomes %i Hz', async (rate, expected) => {
    const wave = (index: number, hz: number) =>
      16_000 * Math.sin((2 * Math.PI * 1_000 * index) / hz)
    const sine = Int16Array.from({ length: rate }, (_, index) => Math.round(wave(index, rate)))
    const { samples, sampleRateHz } = await decodeSound(
      wav({ ...mono, rate }, Buffer.from(sine.buffer)),
      '',
    )
    expect(sampleRateHz).toBe(expected)
    if (rate === 8_012) return
    expect(samples.length).toBe(expected)
    // Not at the ends, where the sound begins and stops at once.
    const errors = samples.map((sample, index) => Math.abs(sample - wave(index, expected)))
    expect(Math.max(...errors.subarray(200, -200))).toBeLessThan(8)
  })
})

describe('which format it is', () => {
  it.each([
    ['text', Buffer.from('hello, this is no sound at all'), 'audio/wav'],
    ['nothing', Buffer.alloc(0), 'audio/mpeg'],
    ['an MP3 without frames', Buffer.from([0xff, 0xfb, 0x90, 0, 1, 2, 3, 4, 5, 6, 7, 8]), ''],
    ['an ID3 tag alone', Buffer.from('ID3\u0004\u0000\u0000\u0000\u0000\u0000\u0000'), ''],
    ['AAC', Buffer.from([0xff, 0xf1, 0x50, 0x80, 0x02, 0x1f, 0xfc, 1, 2, 3, 4, 5]), 'audio/aac'],
    ['Ogg of another kind', Buffer.from(`OggS\0\x02${'\0'.repeat(20)}\x01\x08Speex   `), ''],
  ])('refuses %s', async (_what, bytes, type) => {
    await expect(decodeSound(bytes, type)).rejects.toBeInstanceOf(AudioFileError)
  })

  it('takes bare mu-law by its type, also silence, which looks like the sync of MPEG', async () => {
    const silence = Buffer.alloc(800, 0xff)
    expect(await samplesOf(silence, 'audio/basic')).toEqual(Array(800).fill(0))
    expect(await samplesOf(Buffer.from([0x80]), 'audio/x-mulaw; rate=8000')).toEqual([32_124])
    await expect(decodeSound(silence, 'audio/wav')).rejects.toBeInstanceOf(AudioFileError)
  })

  it('believes the bytes more than the type', async () => {
    expect(await samplesOf(wav(mono, int16(5)), 'audio/basic')).toEqual([5])
    expect(await samplesOf(wav(mono, int16(5)), 'audio/mpeg')).toEqual([5])
  })

  it('names the format of types that decide', () => {
    expect(bareFormatOf('audio/x-gsm')).toBe('gsm')
    expect(bareFormatOf('Audio/Basic; charset=x')).toBe('mulaw')
    expect(bareFormatOf('audio/wav')).toBe('')
    expect(bareFormatOf('')).toBe('')
  })
})

it('throws nothing but AudioFileError for any bytes of a WAV file', async () => {
  const valid = wav({ ...mono, channels: 2 }, int16(1, 2, 3, 4))
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 80 }), fc.nat(60), async (bytes, at) => {
      const file = Buffer.from(valid)
      file.set(bytes.subarray(0, Math.max(0, file.length - at)), Math.min(at, file.length))
      await decodeSound(file, '').catch((error) => expect(error).toBeInstanceOf(AudioFileError))
    }),
    { numRuns: 1_000 },
  )
})
