/** The media plane in C threads of this process. */
import { CommandLine } from '../command-line.js'
import {
  type CreateMediaPlane,
  type MediaCommand,
  type MediaEventListener,
  type MediaPlane,
  type MediaPlaneConfig,
  MediaRefusedError,
  type OpenedEndpoint,
  type OpenOptions,
  type PlaneStats,
  type SampleRateHz,
} from '../port.js'
import { loadNativeAddon, type NativeAddon, type NativeMediaIo } from './addon.js'

const eventsBytes = 65_536

class NativePlane implements MediaPlane {
  readonly core = 'native'
  readonly #addon: NativeAddon
  readonly #io: NativeMediaIo
  readonly #commands: CommandLine
  readonly #events = new Uint8Array(eventsBytes)
  #closing: Promise<void> | undefined

  constructor(addon: NativeAddon, config: MediaPlaneConfig, onEvent: MediaEventListener) {
    this.#addon = addon
    this.#io = new addon.MediaIo(config, () => this.#drain())
    this.#commands = new CommandLine((batch) => this.#io.submit(batch), onEvent)
  }

  async open(options: OpenOptions): Promise<OpenedEndpoint> {
    if (this.#closing) throw new MediaRefusedError('the media plane is closed')
    const opened = this.#io.open(options.bindAddress, options.near ?? 0)
    if (typeof opened === 'string') throw new MediaRefusedError(`open: ${opened}`)
    return opened
  }

  async openMixer(options: { readonly near?: number }): Promise<number> {
    if (this.#closing) throw new MediaRefusedError('the media plane is closed')
    const mixerId = this.#io.openMixer(options.near ?? 0)
    if (mixerId === 0) throw new MediaRefusedError('every mixer is in use')
    return mixerId
  }

  submit(command: MediaCommand): Promise<void> {
    return this.#commands.submit(command)
  }

  async loadPrompt(samples: Int16Array, sampleRateHz: SampleRateHz): Promise<number> {
    const promptId = this.#io.loadPrompt(samples, sampleRateHz)
    if (promptId === 0) throw new MediaRefusedError('there is no memory for the prompt')
    return promptId
  }

  releasePrompt(promptId: number): void {
    this.#io.releasePrompt(promptId)
  }

  async resample(samples: Int16Array, fromHz: number, toHz: number): Promise<Int16Array> {
    return this.#addon.resample(samples, fromHz, toHz)
  }

  async stats(): Promise<PlaneStats> {
    const [endpoints, prompts, received, sent, dropped, overruns, ...more] = this.#io.stats()
    const [moves, audioFramesLost, eventsLost, ...latenessCounts] = more
    return {
      endpoints: endpoints ?? 0,
      prompts: prompts ?? 0,
      packetsReceived: received ?? 0,
      packetsSent: sent ?? 0,
      packetsDropped: dropped ?? 0,
      recorderOverruns: overruns ?? 0,
      moves: moves ?? 0,
      audioFramesLost: audioFramesLost ?? 0,
      eventsLost: eventsLost ?? 0,
      latenessCounts,
    }
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    this.#commands.flush()
    await this.#io.stop()
    this.#drain()
    this.#commands.close()
  }

  #drain(): void {
    for (;;) {
      const bytes = this.#io.drain(this.#events)
      if (bytes === 0) return
      this.#commands.receive(this.#events.subarray(0, bytes))
    }
  }
}

export const createNativePlane: CreateMediaPlane = async (config, onEvent) => {
  return new NativePlane(loadNativeAddon(), config, onEvent)
}
