import { RouterError } from '../base/router-error.js'
import type { Callback, StatusCallback } from './call-record.js'
import type { ProgramStart } from './ports.js'

/** What REST may ask of a live call; plain JSON. */
export type CallCommand =
  | {
      readonly type: 'redirect'
      readonly start: ProgramStart
      /** `next`: when the instruction that runs is over; default: now. */
      readonly when?: 'now' | 'next'
      /** Tells the first request what the interrupted instruction had come to. */
      readonly passesState?: boolean
    }
  | {
      readonly type: 'change'
      readonly fallback: Callback | undefined
      readonly statusCallback: StatusCallback | undefined
      /** Of the whole call. */
      readonly timeLimitMs: number | undefined
    }
  /** `canceled` only while queued or ringing; `completed` always. */
  | { readonly type: 'end'; readonly as: 'completed' | 'canceled' }
  | RecordingCommand

export type RecordingCommand =
  | ({ readonly type: 'record'; readonly recordingSid: string } & CallRecordingSettings)
  | {
      readonly type: 'changeRecording'
      /** Undefined: the one that was begun last. */
      readonly recordingSid: string | undefined
      readonly to: 'paused' | 'in-progress' | 'stopped'
      /** What becomes of the time of a pause. */
      readonly instead: 'skip' | 'silence'
    }

/** How a call is recorded that REST wants recorded. */
export interface CallRecordingSettings {
  readonly isDual: boolean
  /** Of one channel: what the party says, what it hears, or both. */
  readonly track: 'inbound' | 'outbound' | 'both'
  readonly trimSilence: boolean
  readonly statusCallback: StatusCallback | undefined
}

/** A command that was not carried out. */
export class CommandError extends RouterError {
  override readonly name = 'CommandError'
}

const whatWasAsked = {
  ...{ redirect: 'redirect', change: 'change', end: 'end' },
  ...{ record: 'record', changeRecording: 'record' },
} as const satisfies { readonly [type in CallCommand['type']]: string }

/** Why a command does not fit the state of its call. */
export function notInProgress(callSid: string, command: CallCommand): CommandError {
  const why =
    command.type === 'end' && command.as === 'canceled'
      ? 'is not queued or ringing. Cannot cancel.'
      : `is not in-progress. Cannot ${whatWasAsked[command.type]}.`
  return new CommandError('ERR_CALL_NOT_IN_PROGRESS', 21220, `Call ${callSid} ${why}`)
}

const mailboxLimit = 64
const ackTimeoutMs = 2_000

/** Commands of one call, carried out one after another. */
export class Mailbox {
  #waiting = 0
  #last: Promise<unknown> = Promise.resolve()
  readonly #sleep: (delayMs: number, signal: AbortSignal) => Promise<void>

  constructor(sleep: (delayMs: number, signal: AbortSignal) => Promise<void>) {
    this.#sleep = sleep
  }

  /** Resolves when the command was carried out; rejects with CommandError when not within 2 s. */
  async post(carryOut: () => Promise<void>): Promise<void> {
    if (this.#waiting >= mailboxLimit) {
      throw new CommandError('ERR_MAILBOX_FULL', 20500, 'Too many commands wait for this call')
    }
    this.#waiting++
    const done = this.#last.then(carryOut).finally(() => {
      this.#waiting--
    })
    this.#last = done.catch(() => {})
    const over = new AbortController()
    const tooLate = this.#sleep(ackTimeoutMs, over.signal).then(
      () => {
        throw new CommandError('ERR_COMMAND_TIMEOUT', 20500, 'The call did not acknowledge in time')
      },
      () => {},
    )
    try {
      await Promise.race([done, tooLate])
    } finally {
      over.abort()
    }
  }
}
