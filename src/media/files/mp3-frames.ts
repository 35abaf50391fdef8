/** Headers of MPEG audio: where a frame is, and how long. Loads no decoder. */

const bitratesKbps = {
  /** MPEG 1, layers I to III. */
  1: [
    [0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448],
    [0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384],
    [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
  ],
  /** MPEG 2 and 2.5. */
  2: [
    [0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256],
    [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
    [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
  ],
} as const
const ratesHz = [44_100, 48_000, 32_000]

/** Whether one frame begins here and another where it ends, or the file does (ISO/IEC 11172-3 §2.4). */
export function looksLikeMp3(bytes: Buffer): boolean {
  const length = frameBytes(bytes, 0)
  if (length === undefined) return false
  return bytes.length <= length + 4 || frameBytes(bytes, length) !== undefined
}

/** Where the sound begins: behind a tag of ID3v2 (id3.org, ID3v2.4.0 structure §3.1). */
export function skipId3(bytes: Buffer): number {
  if (bytes.length < 10 || bytes.toString('latin1', 0, 3) !== 'ID3') return 0
  const [a = 0, b = 0, c = 0, d = 0] = bytes.subarray(6, 10)
  if ((a | b | c | d) & 0x80) return 0
  const footer = (bytes[5] as number) & 0x10 ? 10 : 0
  return 10 + ((a << 21) | (b << 14) | (c << 7) | d) + footer
}

/** Bytes of the frame whose header is at `at`; undefined when there is none, or its length is free. */
function frameBytes(bytes: Buffer, at: number): number | undefined {
  if (at + 4 > bytes.length) return undefined
  const header = bytes.readUInt32BE(at)
  const version = (header >>> 19) & 3
  const layer = 4 - ((header >>> 17) & 3)
  const rateIndex = (header >>> 10) & 3
  if (header >>> 21 !== 0x7ff || version === 1 || layer === 4 || rateIndex === 3) return undefined
  const kbps = bitratesKbps[version === 3 ? 1 : 2][layer - 1]?.[(header >>> 12) & 15]
  if (!kbps) return undefined
  const rateHz = (ratesHz[rateIndex] as number) / (version === 3 ? 1 : version === 2 ? 2 : 4)
  const padding = (header >>> 9) & 1
  if (layer === 1) return (Math.floor((12_000 * kbps) / rateHz) + padding) * 4
  const samples = layer === 3 && version !== 3 ? 72_000 : 144_000
  return Math.floor((samples * kbps) / rateHz) + padding
}
