import { spawnSync } from 'node:child_process'
import { rateHz, type Samples, type Wav, wavBytes } from './audio.js'

/** Runs a program on bytes; returns what it writes. */
function filtered(command: string, parameters: readonly string[], input: Buffer): Buffer {
  const { status, stdout, stderr } = spawnSync(command, parameters, {
    input,
    maxBuffer: 64 * 2 ** 20,
  })
  if (status !== 0) throw new Error(`${command} ${parameters.join(' ')}:\n${stderr}`)
  return stdout
}

/** The sound at another rate on as many equal channels, by ffmpeg; its channels become one before. */
export function resampled(wav: Wav, sampleRateHz: number, channels = 1): Wav {
  const { samples } = wav
  const mono = samples.filter((_, index) => index % wav.channels === 0)
  const raw = Buffer.from(mono.buffer, mono.byteOffset, mono.byteLength)
  const from = ['-f', 's16le', '-ar', String(wav.sampleRateHz), '-ac', '1', '-i', '-']
  const to = ['-f', 's16le', '-ar', String(sampleRateHz), '-ac', '1', '-']
  const other = samplesOf(filtered('ffmpeg', ['-v', 'error', ...from, ...to], raw))
  const all = new Int16Array(other.length * channels)
  return {
    samples: all.map((_, index) => other[Math.floor(index / channels)] as number),
    ...{ sampleRateHz, channels },
  }
}

/** A sound of 8 kHz as the payload of a codec: `alaw`, `g722`. */
export function encoded(
  samples: Samples,
  format: string,
  sampleRateHz: number,
  options: readonly string[] = [],
): Buffer {
  const wav = ['-f', 'wav', '-i', '-']
  const to = ['-ar', String(sampleRateHz), ...options, '-f', format, '-']
  return filtered('ffmpeg', ['-v', 'error', ...wav, ...to], wavBytes(samples))
}

/** The payload of a codec as sound of 8 kHz. */
export function decoded(payload: Buffer, format: string, sampleRateHz: number): Samples {
  const rate = format === 'g722' ? [] : ['-ar', String(sampleRateHz)]
  const from = ['-f', format, ...rate, '-i', '-']
  const to = ['-f', 's16le', '-ar', String(rateHz), '-ac', '1', '-']
  return samplesOf(filtered('ffmpeg', ['-v', 'error', ...from, ...to], payload))
}

function samplesOf(raw: Buffer): Samples {
  return new Int16Array(raw.buffer.slice(raw.byteOffset, raw.byteOffset + (raw.length & ~1)))
}
