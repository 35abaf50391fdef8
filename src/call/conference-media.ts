import type { MediaCommand, MediaEvent } from '../media/port.js'
import { MediaRefusedError } from '../media/port.js'
import type { ConferencePorts } from './conference-ports.js'
import type { Participant } from './participant.js'

/** Two tones up for who comes, two down for who goes; quiet enough to talk on. */
const beeps = { enter: [660, 880], exit: [660, 440] } as const
const beepMs = 130
const beepLevelDbfs = -22

/** How long a redirected call stays where it was, unless it is in another room by then [ms]. */
const lingerMs = 400

/** The mixer of one conference. Nothing here rejects: a leg that is gone is not in it any more. */
export class ConferenceMedia {
  readonly #conferenceSid: string
  readonly #ports: ConferencePorts
  readonly #onVoice: (endpointId: number, hasBegun: boolean) => void
  /** Resolves when the mixer is there; with undefined when there will be none. */
  readonly #room: Promise<number | undefined>
  #roomIs: (mixerId: number | undefined) => void = () => {}
  #opening: Promise<number> | undefined
  #mixerId: number | undefined
  #isClosed = false

  constructor(
    conferenceSid: string,
    ports: ConferencePorts,
    onVoice: (endpointId: number, hasBegun: boolean) => void,
  ) {
    this.#conferenceSid = conferenceSid
    this.#ports = ports
    this.#onVoice = onVoice
    this.#room = new Promise((resolve) => {
      this.#roomIs = resolve
    })
  }

  /** Undefined: nobody has been put in yet. */
  get mixerId(): number | undefined {
    return this.#mixerId
  }

  /** Puts a participant in, or carries over what has changed. `coached`: whom it speaks to alone. */
  async put(
    participant: Participant,
    coached: Participant | undefined,
    reports: boolean,
  ): Promise<void> {
    const { audio } = participant.call
    try {
      const { endpointId } = await audio.open()
      const coachedId = coached && (await coached.call.audio.open()).endpointId
      this.#opening ??= this.#open(endpointId, reports)
      const mixerId = await this.#opening
      if (participant.hasLeft || this.#isClosed) return
      await audio.join(mixerId, {
        muted: participant.muted,
        held: participant.held,
        ...(coachedId === undefined ? {} : { coachedEndpointId: coachedId }),
      })
    } catch (error) {
      if (error instanceof MediaRefusedError && !participant.hasLeft) {
        this.#ports.events.conferenceFailed(this.#conferenceSid, participant.callSid, error)
      } else this.#failed(error, participant.callSid)
    }
  }

  /** `lingers`: it goes where another document leads; until then it hears and is heard as before. */
  async remove(participant: Participant, lingers: boolean): Promise<void> {
    const mixerId = this.#mixerId
    const { audio, endedSignal } = participant.call
    try {
      if (mixerId === undefined || this.#isClosed) return
      if (lingers) await this.#ports.clock.sleep(lingerMs, endedSignal).catch(() => {})
      await audio.leave(mixerId)
    } catch (error) {
      this.#failed(error, participant.callSid)
    }
  }

  /** Everybody hears it. */
  async beep(kind: keyof typeof beeps): Promise<void> {
    const endpointId = await this.#room
    if (endpointId === undefined || this.#isClosed) return
    const tone = { levelDbfs: beepLevelDbfs, onMs: beepMs, offMs: 0, loops: 1, ofMixer: true }
    const tones = beeps[kind].map((hz) =>
      this.#ports.hub.play(
        (playerId) => ({
          ...{ type: 'tone', playerId, endpointId, frequenciesHz: [hz] },
          ...tone,
        }),
        new AbortController().signal,
      ),
    )
    await Promise.all(tones).catch((error) => this.#failed(error, undefined))
  }

  /** Resolves with the length when the recording has ended, at the latest with the conference. */
  async record(
    options: { readonly path: string; readonly trimSilence: boolean },
    onStart: (recorderId: number) => void,
    stop: AbortSignal,
  ): Promise<{ readonly durationMs: number; readonly failed: boolean }> {
    const mixerId = await this.#room
    if (mixerId === undefined || this.#isClosed) throw new MediaRefusedError('the room is closed')
    const ended = await this.#ports.hub.record((recorderId): MediaCommand => {
      onStart(recorderId)
      return {
        ...{ type: 'record', recorderId, endpointId: mixerId, ofMixer: true, channels: 'received' },
        ...{ durationMsMax: recordingMsMax, silenceTimeoutMs: 0, ...options },
      }
    }, stop)
    return { durationMs: ended.durationMs, failed: ended.reason === 'failed' }
  }

  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    const mixerId = await this.#opening?.catch(() => undefined)
    this.#roomIs(undefined)
    if (mixerId === undefined) return
    await this.#ports.hub.closeMixer(mixerId).catch((error) => this.#failed(error, undefined))
  }

  async #open(near: number, reportVoices: boolean): Promise<number> {
    const { hub } = this.#ports
    const opening = hub.openMixer(near, (event) => this.#voice(event))
    // Who comes next tries again.
    opening.catch(() => {
      this.#opening = undefined
    })
    const mixerId = await opening
    this.#mixerId = mixerId
    await hub.submit({ type: 'mixer', mixerId, reportVoices })
    this.#roomIs(mixerId)
    return mixerId
  }

  #voice(event: MediaEvent & { readonly type: 'voice' }): void {
    this.#onVoice(event.endpointId, event.begun)
  }

  #failed(error: unknown, callSid: string | undefined): void {
    if (!(error instanceof MediaRefusedError)) this.#ports.events.bug(error, callSid)
  }
}

/** As long as a call may last. */
const recordingMsMax = 86_400_000
