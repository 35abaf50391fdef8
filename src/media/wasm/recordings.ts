/** Recordings of the WASM shell: WAV files, written in blocks as they come, sizes corrected each second. */
import { closeSync, ftruncateSync, openSync, writeSync } from 'node:fs'

const headerBytes = 44
const correctEveryMs = 1000

interface Recording {
  readonly recorderId: number
  readonly endpointId: number
  readonly channels: number
  readonly rateHz: number
  fd: number | undefined
  samples: number
  correctedMs: number
}

export interface RecordingEnd {
  readonly recorderId: number
  readonly endpointId: number
  readonly failed: boolean
  readonly durationMs: number
}

function wavHeader(channels: number, rateHz: number, samples: number): Uint8Array {
  const header = Buffer.alloc(headerBytes)
  header.write('RIFF', 0, 'latin1')
  header.writeUInt32LE(headerBytes - 8 + 2 * samples, 4)
  header.write('WAVEfmt ', 8, 'latin1')
  header.writeUInt32LE(16, 16)
  header.writeUInt16LE(1, 20)
  header.writeUInt16LE(channels, 22)
  header.writeUInt32LE(rateHz, 24)
  header.writeUInt32LE(rateHz * channels * 2, 28)
  header.writeUInt16LE(channels * 2, 32)
  header.writeUInt16LE(16, 34)
  header.write('data', 36, 'latin1')
  header.writeUInt32LE(2 * samples, 40)
  return header
}

function durationMs({ samples, channels, rateHz }: Recording): number {
  return Math.floor((samples * 1000) / channels / rateHz)
}

export class Recordings {
  readonly #bySlot = new Map<number, Recording>()

  /** Whether the file could be made; if not, the recording is already at its end. */
  open(
    slot: number,
    ids: { recorderId: number; endpointId: number },
    form: { channels: number; rateHz: number },
    path: string,
    nowMs: number,
  ): boolean {
    const recording: Recording = {
      ...ids,
      ...form,
      fd: undefined,
      samples: 0,
      correctedMs: nowMs,
    }
    this.#bySlot.set(slot, recording)
    try {
      recording.fd = openSync(path, 'w', 0o640)
      writeSync(recording.fd, wavHeader(form.channels, form.rateHz, 0), 0, headerBytes, 0)
      return true
    } catch {
      return this.#fail(recording)
    }
  }

  /** False: the file failed just now. */
  write(slot: number, samples: Uint8Array, nowMs: number): boolean {
    const recording = this.#bySlot.get(slot)
    if (recording?.fd === undefined) return true
    try {
      const position = headerBytes + 2 * recording.samples
      writeSync(recording.fd, samples, 0, samples.length, position)
      recording.samples += samples.length / 2
      if (nowMs - recording.correctedMs >= correctEveryMs) {
        recording.correctedMs = nowMs
        this.#correct(recording)
      }
      return true
    } catch {
      return this.#fail(recording)
    }
  }

  /** Undefined: it had failed before. */
  end(slot: number, frames: number): RecordingEnd | undefined {
    const recording = this.#bySlot.get(slot)
    this.#bySlot.delete(slot)
    if (recording?.fd === undefined) return undefined
    const { recorderId, endpointId, channels } = recording
    recording.samples = Math.min(recording.samples, frames * channels)
    let failed = false
    try {
      ftruncateSync(recording.fd, headerBytes + 2 * recording.samples)
      this.#correct(recording)
      closeSync(recording.fd)
    } catch {
      failed = true
    }
    return { recorderId, endpointId, failed, durationMs: durationMs(recording) }
  }

  describe(slot: number): RecordingEnd | undefined {
    const recording = this.#bySlot.get(slot)
    if (!recording) return undefined
    const { recorderId, endpointId } = recording
    return {
      recorderId,
      endpointId,
      failed: recording.fd === undefined,
      durationMs: durationMs(recording),
    }
  }

  #correct(recording: Recording): void {
    if (recording.fd === undefined) return
    writeSync(
      recording.fd,
      wavHeader(recording.channels, recording.rateHz, recording.samples),
      0,
      headerBytes,
      0,
    )
  }

  #fail(recording: Recording): false {
    const { fd } = recording
    recording.fd = undefined
    try {
      if (fd !== undefined) closeSync(fd)
    } catch {
      // It failed already; there is nothing left to save.
    }
    return false
  }
}
