import { closeSync, fstatSync, openSync, writeSync } from 'node:fs'
import { limits } from './audio-file.js'
import { fileBytes } from './byte-source.js'
import { decodeInto } from './format-table.js'
import type { UnpackJob } from './messages.js'
import { RateChange } from './rate-change.js'
import { SoundSink } from './sound-sink.js'

/** Decodes a file into one of samples, a piece at a time: memory does not grow with it. Throws AudioFileError. */
export async function unpackSound(job: UnpackJob): Promise<undefined> {
  const source = openSync(job.source, 'r')
  const target = openSync(job.target, 'w', 0o600)
  let change: RateChange | undefined
  const write = (samples: Int16Array) => {
    if (samples.length > 0) writeAll(target, samples)
  }
  try {
    const sink = new SoundSink(
      {
        begin(rateHz) {
          const keptHz = rateHz < 16_000 ? 8_000 : 16_000
          if (rateHz !== keptHz) change = new RateChange(rateHz, keptHz)
          const head = Buffer.alloc(4)
          head.writeUInt32LE(keptHz)
          writeSync(target, head)
        },
        push: (samples) => write(change ? change.push(samples) : samples),
      },
      limits.longSeconds,
    )
    await decodeInto(fileBytes(source, fstatSync(source).size), job.contentType, sink)
    sink.finish()
    if (change) write(change.finish())
  } finally {
    closeSync(source)
    closeSync(target)
  }
}

function writeAll(descriptor: number, samples: Int16Array): void {
  const bytes = Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength)
  for (let at = 0; at < bytes.length; ) at += writeSync(descriptor, bytes, at)
}
