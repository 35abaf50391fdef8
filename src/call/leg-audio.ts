import {
  type AnsweredBy,
  type EndpointSettings,
  type MachineDetectionSettings,
  type MediaCommand,
  type MediaEvent,
  MediaRefusedError,
  type OpenedEndpoint,
} from '../media/port.js'
import { DigitQueue } from './digit-collector.js'
import { type MediaHub, untilAborted } from './media-hub.js'
import type { CallPorts } from './ports.js'
import type { ReadSamples } from './stream-player.js'

/** What offer and answer settled about the media of one leg. */
export interface MediaSelection {
  readonly remoteAddress: string
  readonly remotePort: number
  readonly codec: EndpointSettings['codec']
  readonly clockRateHz: number
  readonly payloadType: number
  readonly telephoneEventPayloadType: number | undefined
  readonly telephoneEventClockRateHz: number
  readonly ptimeMs: number
  readonly fec: boolean
  readonly dtx: boolean
  readonly rtcpMux: boolean
  readonly audioLevelExtension: number | undefined
  readonly srtp: EndpointSettings['srtp'] | undefined
  readonly direction: EndpointSettings['direction']
}

/** What the other side says; what it hears; both ways in one channel; in two. */
export type RecordedChannels = 'received' | 'sent' | 'both' | 'dual'

/** How a leg is in a mixer. */
export type MemberSettings = Pick<
  Extract<MediaCommand, { readonly type: 'join' }>,
  'muted' | 'held' | 'gain' | 'coachedEndpointId'
>

export interface LegAudioListener {
  digit(digit: string): void
  rtpTimeout(): void
}

/** After the time at which a detection gives up by itself. */
const patienceMs = 1_000

/** The media endpoint of one leg: its prompts, digits and recorders. Opened when first needed. */
export class LegAudio {
  readonly #hub: MediaHub
  readonly #ports: CallPorts
  readonly #bindAddress: string
  readonly #listener: LegAudioListener
  readonly #queues = new Set<DigitQueue>()
  readonly #ssrc: number
  #opening: Promise<OpenedEndpoint> | undefined
  #endpointId: number | undefined
  #selection: MediaSelection | undefined
  #peer = 0
  #answererKnown: ((answerer: { answeredBy: AnsweredBy; afterMs: number }) => void) | undefined
  #mixerId: number | undefined
  #jitterBuffer: EndpointSettings['jitterBuffer']
  #closed = false

  constructor(hub: MediaHub, ports: CallPorts, bindAddress: string, listener: LegAudioListener) {
    this.#hub = hub
    this.#ports = ports
    this.#bindAddress = bindAddress
    this.#listener = listener
    this.#ssrc = ports.ids.uint32()
  }

  /** Undefined: none is open yet. */
  get endpointId(): number | undefined {
    return this.#endpointId
  }

  /**
   * `near`: an endpoint that this one will be bridged with. Rejects with MediaRefusedError, also when
   * the call is over: what was opened then would never be closed.
   */
  async open(near?: number): Promise<OpenedEndpoint> {
    if (this.#closed) throw new MediaRefusedError('the call is over')
    this.#opening ??= this.#open(near)
    return this.#opening
  }

  async configure(selection: MediaSelection): Promise<void> {
    const { endpointId } = await this.open()
    this.#selection = selection
    await this.#hub.submit({
      type: 'configure',
      endpointId,
      settings: {
        ssrc: this.#ssrc,
        peer: this.#peer,
        rtpTimeoutMs: expectsRtp(selection) ? this.#ports.config.rtpTimeoutMs : 0,
        // The detector costs time for each frame: it runs only while somebody listens for digits.
        inBandDtmf: this.#queues.size > 0,
        ...(this.#jitterBuffer === undefined ? {} : { jitterBuffer: this.#jitterBuffer }),
        ...selection,
      },
    })
  }

  /** Another party takes the place of the other side: from the next `configure` on, the one before is not heard. */
  changePeer(): void {
    this.#peer = (this.#peer + 1) & 0xffff
  }

  /** How much delay there may be to keep off loss; undefined: as usual. */
  async setJitterBuffer(size: EndpointSettings['jitterBuffer']): Promise<void> {
    if (size === this.#jitterBuffer) return
    this.#jitterBuffer = size
    if (this.#selection && !this.#closed) await this.configure(this.#selection)
  }

  /** Into a mixer, out of a bridge or another one; or changes how it is in it. */
  async join(mixerId: number, settings: MemberSettings): Promise<void> {
    const { endpointId } = await this.open()
    this.#mixerId = mixerId
    await this.#hub.submit({ type: 'join', endpointId, mixerId, ...settings })
  }

  /** Does nothing when it is in another mixer by now, or in none. */
  async leave(mixerId: number): Promise<void> {
    if (this.#endpointId === undefined || this.#closed || this.#mixerId !== mixerId) return
    this.#mixerId = undefined
    await this.#hub.submit({ type: 'leave', endpointId: this.#endpointId })
  }

  async play(
    promptId: number,
    options: { readonly offsetMs: number; readonly loops: number },
    signal: AbortSignal,
  ): Promise<void> {
    const { endpointId } = await this.open()
    await this.#hub.play(
      (playerId) => ({ type: 'play', playerId, endpointId, promptId, ...options }),
      signal,
    )
  }

  /** As `play`, of a sound that comes piece by piece. */
  async stream(
    sampleRateHz: 8_000 | 16_000,
    read: ReadSamples,
    signal: AbortSignal,
  ): Promise<void> {
    const { endpointId } = await this.open()
    await this.#hub.stream(
      (playerId) => ({ type: 'stream', playerId, endpointId, sampleRateHz }),
      read,
      signal,
    )
  }

  async tone(
    tone: {
      readonly frequenciesHz: readonly [number] | readonly [number, number]
      readonly onMs: number
      readonly offMs: number
      readonly loops: number
    },
    signal: AbortSignal,
  ): Promise<void> {
    const { endpointId } = await this.open()
    await this.#hub.play(
      (playerId) => ({ type: 'tone', playerId, endpointId, levelDbfs: -16, ...tone }),
      signal,
    )
  }

  async sendDigits(digits: string, signal: AbortSignal): Promise<void> {
    const { endpointId } = await this.open()
    await this.#hub.play(
      (playerId) => ({
        type: 'sendDigits',
        playerId,
        endpointId,
        digits,
        toneMs: 120,
        gapMs: 80,
      }),
      signal,
    )
  }

  /** Resolves with the length of the recording when it has ended, for whatever reason. */
  async record(
    options: {
      readonly path: string
      readonly durationMsMax: number
      readonly silenceTimeoutMs: number
      readonly trimSilence: boolean
      /** Default: what the other side says alone. */
      readonly channels?: RecordedChannels
    },
    stop: AbortSignal,
    onStart: (recorderId: number) => void = () => {},
  ): Promise<{ readonly durationMs: number; readonly failed: boolean }> {
    const { endpointId } = await this.open()
    const ended = await this.#hub.record((recorderId) => {
      onStart(recorderId)
      return { type: 'record', recorderId, endpointId, channels: 'received', ...options }
    }, stop)
    return { durationMs: ended.durationMs, failed: ended.reason === 'failed' }
  }

  async pauseRecorder(recorderId: number, instead: 'skip' | 'silence'): Promise<void> {
    await this.#hub.submit({ type: 'pauseRecorder', recorderId, instead })
  }

  async resumeRecorder(recorderId: number): Promise<void> {
    await this.#hub.submit({ type: 'resumeRecorder', recorderId })
  }

  async bridge(other: LegAudio): Promise<void> {
    const [mine, theirs] = await Promise.all([this.open(), other.open()])
    this.#mixerId = undefined
    other.#mixerId = undefined
    await this.#hub.submit({
      type: 'bridge',
      endpointId: mine.endpointId,
      otherEndpointId: theirs.endpointId,
    })
  }

  /**
   * Resolves when it is known who has answered; rejects with the signal's reason when that aborts before.
   * One at a time.
   */
  async detectMachine(
    detection: MachineDetectionSettings,
    signal: AbortSignal,
  ): Promise<{ readonly answeredBy: AnsweredBy; readonly afterMs: number }> {
    const { endpointId } = await this.open()
    signal.throwIfAborted()
    const over = new AbortController()
    // One that hears nothing (on hold) never tells.
    const giveUpMs = detection.timeoutMs + patienceMs
    const silence = this.#ports.clock
      .sleep(giveUpMs, AbortSignal.any([signal, over.signal]))
      .then(() => ({ answeredBy: 'unknown', afterMs: giveUpMs }) as const)
    silence.catch(() => {})
    const told = new Promise<{ answeredBy: AnsweredBy; afterMs: number }>((resolve) => {
      this.#answererKnown = resolve
    })
    try {
      await this.#hub.submit({ type: 'detectMachine', endpointId, detection })
      return await untilAborted(Promise.race([told, silence]), signal)
    } finally {
      over.abort()
      this.#answererKnown = undefined
      const stop = { type: 'detectMachine', endpointId, detection: undefined } as const
      if (!this.#closed) void this.#hub.submit(stop).catch(() => {})
    }
  }

  /** Sends back what the other side says, until `signal` aborts; then rejects with its reason. */
  async echo(signal: AbortSignal): Promise<never> {
    signal.throwIfAborted()
    await this.bridge(this)
    try {
      return await untilAborted(new Promise<never>(() => {}), signal)
    } finally {
      await this.unbridge().catch(() => {})
    }
  }

  async unbridge(): Promise<void> {
    if (this.#endpointId === undefined || this.#closed) return
    await this.#hub.submit({ type: 'unbridge', endpointId: this.#endpointId })
  }

  collect(): DigitQueue {
    const queue = new DigitQueue(this.#ports.clock, (closed) => {
      this.#queues.delete(closed)
      if (this.#queues.size === 0) this.#detectorChanged()
    })
    this.#queues.add(queue)
    if (this.#queues.size === 1) this.#detectorChanged()
    return queue
  }

  /** A digit that came by other ways than media (SIP INFO). */
  offerDigit(digit: string): void {
    this.#listener.digit(digit)
    for (const queue of this.#queues) queue.offer(digit)
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    const closing = this.#opening?.then(({ endpointId }) =>
      this.#hub.submit({ type: 'close', endpointId }),
    )
    closing?.catch(() => {})
  }

  #detectorChanged(): void {
    if (this.#selection && !this.#closed) this.configure(this.#selection).catch(() => {})
  }

  async #open(near: number | undefined): Promise<OpenedEndpoint> {
    const endpoint = await this.#hub.open(
      { bindAddress: this.#bindAddress, ...(near === undefined ? {} : { near }) },
      (event) => this.#handle(event),
    )
    this.#endpointId = endpoint.endpointId
    return endpoint
  }

  #handle(event: MediaEvent): void {
    if (event.type === 'digitStarted') for (const queue of this.#queues) queue.begin()
    if (event.type === 'digit') this.offerDigit(event.digit)
    if (event.type === 'answeredBy') this.#answererKnown?.(event)
    if (event.type === 'rtpTimeout') this.#listener.rtpTimeout()
  }
}

/** A peer that only sends has put us on hold: most of them then send nothing (RFC 3264 §8.4). */
function expectsRtp({ direction }: MediaSelection): boolean {
  return direction === 'sendrecv'
}
