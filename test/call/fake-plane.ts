import {
  type MediaCommand,
  type MediaEvent,
  type MediaPlane,
  MediaRefusedError,
  type OpenedEndpoint,
} from '../../src/media/port.js'

/** A media plane that carries nothing: players and recorders last until they are stopped. */
export class FakePlane implements MediaPlane {
  readonly core = 'wasm'
  readonly commands: MediaCommand[] = []
  onEvent: (event: MediaEvent) => void = () => {}
  /** Refuse commands of these kinds. */
  readonly refused = new Set<MediaCommand['type'] | 'open'>()
  /** Holds `open` and `submit` back until it resolves. */
  gate: Promise<void> = Promise.resolve()
  recordedMs = 3_000
  readonly #open = new Set<number>()
  readonly #mixers = new Set<number>()
  readonly #players = new Map<number, number>()
  readonly #recorders = new Map<number, number>()
  #nextId = 1

  get openEndpoints(): number {
    return this.#open.size
  }

  async open(): Promise<OpenedEndpoint> {
    await this.gate
    if (this.refused.has('open')) throw new MediaRefusedError('no port is free')
    const endpointId = this.#nextId++
    this.#open.add(endpointId)
    return { endpointId, rtpPort: 20_000 + endpointId * 2, rtcpPort: 20_001 + endpointId * 2 }
  }

  async submit(command: MediaCommand): Promise<void> {
    await this.gate
    this.commands.push(command)
    const isKnown = (id: number) => this.#open.has(id) || this.#mixers.has(id)
    const isGone = 'endpointId' in command && !isKnown(command.endpointId)
    if (isGone || this.refused.has(command.type)) throw new MediaRefusedError('refused')
    this.#carryOut(command)
  }

  #carryOut(command: MediaCommand): void {
    switch (command.type) {
      case 'play':
      case 'tone':
      case 'sendDigits':
        this.#players.set(command.playerId, command.endpointId)
        return
      case 'stopPlayer':
        this.endPlayer(command.playerId, 'stopped')
        return
      case 'record':
        this.#recorders.set(command.recorderId, command.endpointId)
        return
      case 'stopRecorder':
        this.#endRecorder(command.recorderId, 'stopped')
        return
      case 'close':
        this.#close(command.endpointId)
        return
      case 'closeMixer':
        this.#mixers.delete(command.mixerId)
        this.#endAllOf(command.mixerId)
        this.onEvent({ type: 'mixerClosed', mixerId: command.mixerId })
        return
      default:
        return
    }
  }

  /** Ends the player of the latest command of this kind. */
  finish(type: 'play' | 'tone' | 'sendDigits'): void {
    const last = this.commands.filter((one) => one.type === type).at(-1)
    if (last && 'playerId' in last) this.endPlayer(last.playerId, 'done')
  }

  endPlayer(playerId: number, reason: 'done' | 'stopped' | 'closed'): void {
    const endpointId = this.#players.get(playerId)
    if (endpointId === undefined) return
    this.#players.delete(playerId)
    this.onEvent({ type: 'playerEnded', playerId, endpointId, reason, playedMs: 100 })
  }

  #endRecorder(recorderId: number, reason: 'stopped' | 'closed'): void {
    const endpointId = this.#recorders.get(recorderId)
    if (endpointId === undefined) return
    this.#recorders.delete(recorderId)
    const durationMs = this.recordedMs
    this.onEvent({ type: 'recorderEnded', recorderId, endpointId, reason, durationMs })
  }

  #close(endpointId: number): void {
    this.#open.delete(endpointId)
    this.#endAllOf(endpointId)
    const stats = {
      packetsReceived: 0,
      packetsSent: 0,
      packetsLost: 0,
      packetsLate: 0,
      jitterMs: 0,
      roundTripMs: 0,
      packetsLostByPeer: 0,
      peerJitterMs: 0,
    }
    this.onEvent({ type: 'closed', endpointId, stats })
  }

  #endAllOf(id: number): void {
    for (const [player, at] of this.#players) if (at === id) this.endPlayer(player, 'closed')
    for (const [recorder, at] of this.#recorders) {
      if (at === id) this.#endRecorder(recorder, 'closed')
    }
  }

  get openMixers(): number {
    return this.#mixers.size
  }

  async openMixer(): Promise<number> {
    if (this.refused.has('mixer')) throw new MediaRefusedError('every mixer is in use')
    const mixerId = this.#nextId++
    this.#mixers.add(mixerId)
    return mixerId
  }

  async loadPrompt(): Promise<number> {
    return this.#nextId++
  }

  releasePrompt(): void {}

  async resample(samples: Int16Array): Promise<Int16Array> {
    return samples
  }

  async stats(): Promise<never> {
    throw new Error('not imitated')
  }

  async close(): Promise<void> {}
}
