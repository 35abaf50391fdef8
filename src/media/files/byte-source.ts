import { readSync } from 'node:fs'

/** The bytes of a sound, in memory or in a file; decoders take it piece by piece. */
export interface ByteSource {
  readonly length: number
  /** What is there of these bytes; `end` behind the end means the end. */
  slice(at: number, end: number): Buffer
}

export function memoryBytes(bytes: Buffer): ByteSource {
  return { length: bytes.length, slice: (at, end) => bytes.subarray(at, end) }
}

/** `bytes` of an open file from `offset` on. */
export function fileBytes(descriptor: number, bytes: number, offset = 0): ByteSource {
  const length = Math.max(0, bytes - offset)
  return {
    length,
    slice(at, end) {
      const wanted = Math.max(0, Math.min(end, length) - at)
      const piece = Buffer.alloc(wanted)
      let read = 0
      while (read < wanted) {
        const count = readSync(descriptor, piece, read, wanted - read, offset + at + read)
        if (count === 0) break
        read += count
      }
      return piece.subarray(0, read)
    },
  }
}

/** A part of another source. */
export function partOf(source: ByteSource, from: number, to: number): ByteSource {
  const end = Math.max(from, Math.min(to, source.length))
  return {
    length: Math.max(0, end - from),
    slice: (at, until) => source.slice(Math.min(from + at, end), Math.min(from + until, end)),
  }
}
