import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeAudioFile } from './decode.js'
import { AudioFileError, decodeWav } from './wav.js'

/** A WAV file with these bytes as its samples. */
function wav(
  format: { code: number; channels: number; rate: number; bits: number },
  data: Buffer,
): Buffer {
  const { code, channels, rate, bits } = format
  const header = Buffer.alloc(44)
  header.write('RIFF')
  header.writeUInt32LE(36 + data.length, 4)
  header.write('WAVEfmt ', 8)
  header.writeUInt32LE(16, 16)
  header.writeUInt16LE(code, 20)
  header.writeUInt16LE(channels, 22)
  header.writeUInt32LE(rate, 24)
  header.writeUInt32LE((rate * channels * bits) / 8, 28)
  header.writeUInt16LE((channels * bits) / 8, 32)
  header.writeUInt16LE(bits, 34)
  header.write('data', 36)
  header.writeUInt32LE(data.length, 40)
  return Buffer.concat([header, data])
}

const int16 = (...values: number[]) => Buffer.from(Int16Array.from(values).buffer)

describe('decodeWav', () => {
  it('reads 16-bit mono as it is', () => {
    const { samples, sampleRateHz } = decodeWav(
      wav({ code: 1, channels: 1, rate: 8_000, bits: 16 }, int16(1, -2, 32_767)),
    )
    expect([...samples]).toEqual([1, -2, 32_767])
    expect(sampleRateHz).toBe(8_000)
  })

  it('averages channels', () => {
    const stereo = wav({ code: 1, channels: 2, rate: 44_100, bits: 16 }, int16(100, 300, -50, -150))
    expect([...decodeWav(stereo).samples]).toEqual([200, -100])
  })

  it.each([
    [{ code: 1, bits: 8 }, Buffer.from([128, 255, 0]), [0, 32_512, -32_768]],
    [{ code: 1, bits: 24 }, Buffer.from([0, 1, 0, 255, 255, 127]), [1, 32_767]],
    [{ code: 1, bits: 32 }, Buffer.from([0, 0, 1, 0]), [1]],
    // ITU-T G.711: code 0x80 is the largest positive mu-law value, 0xd5 the smallest of A-law.
    [{ code: 7, bits: 8 }, Buffer.from([0xff, 0x80, 0x00]), [0, 32_124, -32_124]],
    [{ code: 6, bits: 8 }, Buffer.from([0xd5, 0x55, 0xaa]), [8, -8, 32_256]],
  ])('reads format %o', (format, data, expected) => {
    expect([...decodeWav(wav({ channels: 1, rate: 8_000, ...format }, data)).samples]).toEqual(
      expected,
    )
  })

  it('reads floats, and what is louder than full scale is cut', () => {
    const data = Buffer.from(Float32Array.from([0.5, -1, 2]).buffer)
    const { samples } = decodeWav(wav({ code: 3, channels: 1, rate: 48_000, bits: 32 }, data))
    expect([...samples]).toEqual([16_384, -32_767, 32_767])
  })

  it('reads what is there of a file that was cut short', () => {
    const whole = wav({ code: 1, channels: 1, rate: 8_000, bits: 16 }, int16(1, 2, 3, 4))
    expect([...decodeWav(whole.subarray(0, whole.length - 3)).samples]).toEqual([1, 2])
  })

  it('throws nothing but AudioFileError for any bytes', () => {
    const valid = wav({ code: 1, channels: 2, rate: 8_000, bits: 16 }, int16(1, 2, 3, 4))
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), fc.nat(79), (bytes, at) => {
        const file = Buffer.from(valid)
        file.set(
          bytes.subarray(0, file.length - Math.min(at, file.length)),
          Math.min(at, file.length),
        )
        try {
          decodeWav(file)
        } catch (error) {
          expect(error).toBeInstanceOf(AudioFileError)
        }
      }),
      { numRuns: 1_000 },
    )
  })
})

describe('decodeAudioFile', () => {
  it.each([
    ['text', Buffer.from('hello, this is no sound at all')],
    ['nothing', Buffer.alloc(0)],
    ['an MP3 without frames', Buffer.from([0xff, 0xfb, 0x90, 0x00, 1, 2, 3, 4, 5, 6, 7, 8])],
    ['an ID3 tag alone', Buffer.from('ID3\u0004\u0000\u0000\u0000\u0000\u0000\u0000')],
  ])('refuses %s', async (_what, bytes) => {
    await expect(decodeAudioFile(bytes)).rejects.toThrow(AudioFileError)
  })
})
