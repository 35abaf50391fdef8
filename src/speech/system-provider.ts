import { execFile } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { SpeechError, type SpeechProvider, type SpokenAudio } from './speech.js'

const outputBytesMax = 64_000_000

/** Speaks with an `espeak-ng` that is installed on the machine; text goes in by standard input. */
export class SystemProvider implements SpeechProvider {
  readonly name = 'espeak-ng (system)'
  readonly #path: string
  readonly #parseWav: (bytes: Buffer) => SpokenAudio

  constructor(path: string, parseWav: (bytes: Buffer) => SpokenAudio) {
    this.#path = path
    this.#parseWav = parseWav
  }

  async synthesize(markup: string, voice: string, signal: AbortSignal): Promise<SpokenAudio> {
    const { samples, sampleRateHz } = this.#parseWav(await this.#run(markup, voice, signal))
    return { samples: withoutEnd(samples), sampleRateHz }
  }

  #run(markup: string, voice: string, signal: AbortSignal): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      const child = execFile(
        this.#path,
        ['--stdout', '-m', '-v', voice],
        { encoding: 'buffer', maxBuffer: outputBytesMax, signal, timeout: 30_000 },
        (error, stdout) => {
          if (signal.aborted) reject(signal.reason)
          else if (error) reject(new SpeechError(`espeak-ng failed: ${error.message}`))
          else resolve(stdout)
        },
      )
      child.stdin?.on('error', () => {})
      child.stdin?.end(markup)
    })
  }

  async close(): Promise<void> {}
}

/** The program ends each text with a pause, which belongs to who plays it. */
function withoutEnd(samples: Int16Array): Int16Array {
  let end = samples.length
  while (end > 0 && Math.abs(samples[end - 1] as number) < 8) end--
  return samples.slice(0, end)
}

/** Where a program of this name is on the PATH. */
export function findProgram(name: string, path: string): string | undefined {
  for (const folder of path.split(delimiter)) {
    const file = join(folder, name)
    try {
      accessSync(file, constants.X_OK)
      return file
    } catch {
      // Not here.
    }
  }
  return undefined
}
