/**
 * What both drivers do alike with commands: number them, gather those of one turn of the event loop into
 * one batch, match acknowledgements, and remember which endpoint a player or recorder belongs to.
 */

import {
  encodeCommand,
  encodeOwned,
  isOwned,
  type OwnedCommand,
  type Owner,
} from './command-records.js'
import { decodeEvents } from './event-records.js'
import { type MediaCommand, type MediaEventListener, MediaRefusedError } from './port.js'
import { describeStatus } from './records.js'

interface Waiting {
  readonly command: MediaCommand
  readonly resolve: () => void
  readonly reject: (error: Error) => void
}

const playerTypes: ReadonlySet<string> = new Set(['play', 'tone', 'sendDigits', 'stream'])

export class CommandLine {
  readonly #send: (batch: Uint8Array) => void
  readonly #onEvent: MediaEventListener
  readonly #waiting = new Map<number, Waiting>()
  readonly #ownerOfPlayer = new Map<number, Owner>()
  readonly #ownerOfRecorder = new Map<number, Owner>()
  #records: Uint8Array[] = []
  #token = 0
  #closed = false

  constructor(send: (batch: Uint8Array) => void, onEvent: MediaEventListener) {
    this.#send = send
    this.#onEvent = onEvent
  }

  submit(command: MediaCommand): Promise<void> {
    if (this.#closed) return Promise.reject(new MediaRefusedError('the media plane is closed'))
    this.#token = (this.#token + 1) >>> 0
    const token = this.#token
    if (isStop(command) && !this.#ownerOf(command)) return Promise.resolve()
    const record = this.#encode(command, token)
    if (!record) {
      return Promise.reject(new MediaRefusedError(`${command.type}: a value is out of range`))
    }
    this.#remember(command)
    return new Promise((resolve, reject) => {
      this.#waiting.set(token, { command, resolve, reject })
      if (this.#records.length === 0) setImmediate(() => this.flush())
      this.#records.push(record)
    })
  }

  /** Hands over what has gathered. */
  flush(): void {
    const records = this.#records
    if (records.length === 0) return
    this.#records = []
    const batch = new Uint8Array(records.reduce((sum, record) => sum + record.length, 0))
    let at = 0
    for (const record of records) {
      batch.set(record, at)
      at += record.length
    }
    this.#send(batch)
  }

  /** Takes a batch of events from the plane. */
  receive(batch: Uint8Array): void {
    decodeEvents(batch, (event) => {
      if (event.type === 'ack') {
        this.#acknowledge(event.token, event.status)
        return
      }
      if (event.type === 'playerEnded') this.#ownerOfPlayer.delete(event.playerId)
      if (event.type === 'recorderEnded') this.#ownerOfRecorder.delete(event.recorderId)
      this.#onEvent(event)
    })
  }

  /** Refuses further commands, and those that were not acknowledged. */
  close(): void {
    this.#closed = true
    for (const { reject } of this.#waiting.values()) {
      reject(new MediaRefusedError('the media plane is closed'))
    }
    this.#waiting.clear()
    this.#records = []
  }

  #encode(command: MediaCommand, token: number): Uint8Array | undefined {
    if (!isOwned(command)) return encodeCommand(command, token)
    const owner = this.#ownerOf(command)
    return owner && encodeOwned(command, token, owner)
  }

  #ownerOf(command: OwnedCommand): Owner | undefined {
    return 'recorderId' in command
      ? this.#ownerOfRecorder.get(command.recorderId)
      : this.#ownerOfPlayer.get(command.playerId)
  }

  #remember(command: MediaCommand): void {
    const { type } = command
    if (!isPlayer(command) && type !== 'record') return
    const ofMixer = type !== 'sendDigits' && command.ofMixer === true
    const owner = { endpointId: command.endpointId, ofMixer }
    if (type === 'record') this.#ownerOfRecorder.set(command.recorderId, owner)
    else this.#ownerOfPlayer.set(command.playerId, owner)
  }

  #acknowledge(token: number, status: number): void {
    const waiting = this.#waiting.get(token)
    if (!waiting) return
    this.#waiting.delete(token)
    const { command } = waiting
    if (status === 0 || isStop(command)) {
      waiting.resolve()
      return
    }
    if (isPlayer(command)) {
      this.#ownerOfPlayer.delete(command.playerId)
    } else if (command.type === 'record') {
      this.#ownerOfRecorder.delete(command.recorderId)
    }
    waiting.reject(new MediaRefusedError(`${command.type}: ${describeStatus(status)}`))
  }
}

type PlayerCommand = Extract<MediaCommand, { type: 'play' | 'tone' | 'sendDigits' | 'stream' }>

function isPlayer(command: MediaCommand): command is PlayerCommand {
  return playerTypes.has(command.type)
}

/** One that has just ended is as good as stopped. */
function isStop(command: MediaCommand): command is OwnedCommand {
  return command.type === 'stopPlayer' || command.type === 'stopRecorder'
}
