import { AudioFileError, type DecodedAudio, limits } from './audio-file.js'
import { JobPool } from './job-pool.js'
import type { UnpackJob } from './messages.js'

export { AudioFileError, type DecodedAudio } from './audio-file.js'
export { bareFormatOf } from './format-table.js'

/** A decode may take this, and as many seconds more as the file has megabytes. */
const timeLimitMsBase = 20_000
const unpackTimeLimitMs = 600_000
const waitingMax = 64
const waitingBytesMax = 128_000_000

/** Turns sound files into samples, off the main thread. */
export interface AudioFiles {
  /**
   * Decodes a file of any format of `format-table.ts`, told by its bytes, else by `contentType`: mono,
   * at a rate that `MediaPlane.resample` takes, 40 minutes at most. Rejects with AudioFileError
   * when it cannot be played, is too long or takes too long, PoolBusyError when too many others wait,
   * and with the reason of `signal`, which also stops the work.
   */
  decode(bytes: Buffer, contentType?: string, signal?: AbortSignal): Promise<DecodedAudio>
  /**
   * Writes the samples of a file of any size into `target`, four hours of them at most, as UnpackJob says;
   * who reads it while it grows is fast enough. Rejects as `decode` does.
   */
  unpack(job: Omit<UnpackJob, 'type'>, signal?: AbortSignal): Promise<void>
  /** Gives up what is being decoded and stops the thread. */
  close(): Promise<void>
}

/** `threads` decode at once; none is started before the first file. */
export function createAudioFiles(threads = 1): AudioFiles {
  const pool = new JobPool({ threads, waitingMax, waitingBytesMax })
  // Long ones must not keep short ones waiting.
  const long = new JobPool({ threads, waitingMax, waitingBytesMax })
  return {
    async decode(bytes, contentType = '', signal) {
      if (bytes.length > limits.fileBytes) {
        throw new AudioFileError(`larger than ${limits.fileBytes / 1_000_000} MB`)
      }
      // A copy: a worker takes the memory of what it is given, which others may share.
      const job = { type: 'decode', bytes: new Uint8Array(bytes), contentType } as const
      return pool.run(job, {
        bytes: bytes.length,
        timeLimitMs: timeLimitMsBase + bytes.length / 1_000,
        signal,
      })
    },
    unpack: (job, signal) =>
      long.run({ type: 'unpack', ...job }, { bytes: 0, timeLimitMs: unpackTimeLimitMs, signal }),
    async close() {
      await Promise.all([pool.close(), long.close()])
    },
  }
}
