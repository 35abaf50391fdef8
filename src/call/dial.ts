import type { Call } from './call.js'
import { type CallRecord, durationSeconds } from './call-record.js'
import { DialAttempt } from './dial-attempt.js'
import type { ChildTarget } from './dial-target.js'
import type { Route } from './ports.js'
import type { RunProgram } from './program.js'
import type { RecordingOutcome } from './recording.js'
import { playRingTone } from './ring-tones.js'
import type { Dialled } from './sip-leg.js'
import { type OtherParty, type TalkSettings, talk } from './talk.js'
import { TalkRecorder, type TalkRecording } from './talk-recorder.js'

/** A call to be made for a caller. */
export interface DialledParty {
  readonly childSid: string
  readonly target: ChildTarget
  /** The way there, when it is known already. */
  readonly route?: Route
}

export interface DialSettings extends TalkSettings {
  readonly callerId: string | undefined
  readonly timeoutMs: number
  /** The caller goes on ringing until somebody has answered. */
  readonly answerOnBridge: boolean
  /** One after another, each for the whole timeout; default: all at once. */
  readonly isSequential?: boolean
  /** Country whose ringing the caller hears; default: us. */
  readonly ringTone?: string | undefined
  readonly recording?: TalkRecording | undefined
  /** The caller is told when the party rings, and hears what it sends then, before it is answered. */
  readonly passesProgress?: boolean
}

export interface DialOutcome {
  readonly status: 'completed' | 'busy' | 'no-answer' | 'failed' | 'canceled'
  readonly durationMs: number
  readonly bridged: boolean
  /** Who was connected, else who says best why nobody was. */
  readonly childSid: string
  /** What that party has answered. */
  readonly dialled?: Dialled | undefined
  /** The party that who was dialled wants for the caller, and has left for it. */
  readonly referredTo?: string | undefined
  readonly recording?: RecordingOutcome | undefined
}

/** What dialling needs of the registry of calls. */
export interface ChildMaker {
  /** Rejects with StoreError when the call cannot be stored. */
  makeOutgoing(record: CallRecord): Promise<Call>
}

export interface DialWorld {
  readonly calls: ChildMaker
  readonly runProgram: RunProgram
}

/**
 * Calls other parties, at least one, and connects who answers first with `parent`. Returns when that party
 * is gone, or nobody was reached; when `signal` aborts, all are given up and the outcome returned all the
 * same.
 */
export async function dialParties(
  parent: Call,
  parties: readonly DialledParty[],
  settings: DialSettings,
  world: DialWorld,
  signal: AbortSignal,
): Promise<DialOutcome> {
  const recorder = settings.recording && new TalkRecorder(parent, settings.recording)
  const attempts: DialAttempt[] = []
  const giveUp = () => {
    for (const attempt of attempts) attempt.giveUp()
  }
  signal.addEventListener('abort', giveUp, { once: true })
  try {
    const rounds = settings.isSequential ? parties.map((party) => [party]) : [parties]
    for (const round of rounds) {
      if (signal.aborted) break
      const made = round.map((party) => DialAttempt.make(parent, party, settings, world))
      // What was made is given up also when another could not be.
      for (const one of await Promise.allSettled(made)) {
        if (one.status === 'fulfilled') attempts.push(one.value)
      }
      await Promise.all(made)
      if (signal.aborted) giveUp()
      const current = attempts.slice(-round.length)
      const won = await new Round(parent, settings, recorder).run(current, signal)
      if (won) return await conversation(parent, won.child, settings, recorder, signal)
    }
    return { ...lost(attempts, signal), recording: await recorder?.end() }
  } catch (error) {
    // Nobody else would end the children.
    giveUp()
    if (!signal.aborted || attempts.length === 0) throw error
    return lost(attempts, signal)
  } finally {
    signal.removeEventListener('abort', giveUp)
    await recorder?.end()
  }
}

/** Parties that ring at the same time, and what the caller hears meanwhile. */
class Round {
  readonly #parent: Call
  readonly #settings: DialSettings
  readonly #recorder: TalkRecorder | undefined
  readonly #waiting = new AbortController()
  #ringing: Promise<void> = Promise.resolve()
  #early: Promise<void> | undefined

  constructor(parent: Call, settings: DialSettings, recorder: TalkRecorder | undefined) {
    this.#parent = parent
    this.#settings = settings
    this.#recorder = recorder
  }

  /** Resolves with who has accepted first, when the others are given up; undefined: nobody. */
  async run(attempts: readonly DialAttempt[], signal: AbortSignal) {
    const { ringTone = 'us', answerOnBridge } = this.#settings
    await this.#parent.audio.open()
    if (!answerOnBridge) {
      const until = AbortSignal.any([signal, this.#waiting.signal])
      this.#ringing = playRingTone(this.#parent.audio, ringTone, until).catch(() => {})
    }
    let won: DialAttempt | undefined
    try {
      won = await firstAccepted(attempts, (attempt) =>
        attempt.reach({
          ringing: (child) => this.#rings(child),
          early: this.#hearsEarly(attempts) ? (child) => this.#hear(child) : undefined,
        }),
      )
      return won
    } finally {
      for (const attempt of attempts) if (attempt !== won) attempt.giveUp()
      this.#waiting.abort()
      await this.#ringing
      await this.#early
      if (this.#early && !won?.child.isAnswered) await this.#parent.audio.unbridge().catch(() => {})
    }
  }

  /** Several that ring at once have nothing to say to one caller. */
  #hearsEarly({ length }: readonly DialAttempt[]): boolean {
    const { answerOnBridge, passesProgress } = this.#settings
    return length === 1 && (!answerOnBridge || passesProgress === true)
  }

  #rings(child: Call): void {
    if (this.#settings.passesProgress) this.#parent.ring()
    this.#recorder?.begin('ringing', child)
  }

  /** The ringing, or an announcement, of the other side takes the place of ours. */
  #hear(child: Call): void {
    this.#waiting.abort()
    this.#early ??= this.#ringing
      .then(() => (this.#settings.passesProgress ? this.#parent.ringWithMedia() : undefined))
      .then(() => this.#parent.audio.bridge(child.audio))
      .catch(() => {})
    this.#recorder?.begin('ringing', child)
  }
}

/** The first that resolves with true; undefined when none does. Rejects when one does and none is true. */
function firstAccepted(
  attempts: readonly DialAttempt[],
  reach: (attempt: DialAttempt) => Promise<boolean>,
): Promise<DialAttempt | undefined> {
  return new Promise((resolve, reject) => {
    const all = attempts.map(async (attempt) => {
      if (await reach(attempt)) resolve(attempt)
    })
    void Promise.allSettled(all).then((settled) => {
      const failed = settled.find(({ status }) => status === 'rejected')
      if (failed?.status === 'rejected') reject(failed.reason)
      else resolve(undefined)
    })
  })
}

/** Connects the two until one is gone, or has transferred the other. */
async function conversation(
  parent: Call,
  child: Call,
  settings: DialSettings,
  recorder: TalkRecorder | undefined,
  signal: AbortSignal,
): Promise<DialOutcome> {
  const { bridged, referredTo } = signal.aborted
    ? { bridged: false, referredTo: undefined }
    : await talk(parent, partyOf(child), settings, recorder, signal)
  // A child that was redirected away lives on; for this Dial the conversation is complete.
  return {
    ...outcomeOf(child, 'completed', bridged),
    referredTo,
    recording: await recorder?.end(),
  }
}

function partyOf(child: Call): OtherParty {
  return {
    call: child,
    goneSignal: child.endedSignal,
    gone: child.left(),
    part: () => child.hangUp(),
  }
}

/** Of several that were not reached, the one that was nearest to it tells why. */
const nearest = ['no-answer', 'busy', 'canceled', 'failed'] as const

function lost(attempts: readonly DialAttempt[], signal: AbortSignal): DialOutcome {
  const statuses = attempts.map(({ child }) => ({ child, status: statusOf(child, signal) }))
  const told = nearest
    .map((status) => statuses.find((one) => one.status === status))
    .find((one) => one !== undefined)
  if (!told) throw new Error('nobody was dialled')
  return outcomeOf(told.child, told.status, false)
}

function statusOf(child: Call, { aborted }: AbortSignal) {
  const { status } = child.record
  // It has answered and then declined, which is no answer to the caller; unless that has gone before.
  if (child.isAnswered) return aborted ? 'canceled' : 'no-answer'
  return nearest.find((one) => one === status) ?? 'canceled'
}

function outcomeOf(child: Call, status: DialOutcome['status'], bridged: boolean): DialOutcome {
  const { record, ports } = child
  // One that was redirected away is not over.
  const { startMs, endMs = ports.clock.nowMs() } = record
  const durationMs = (durationSeconds({ startMs, endMs }) ?? 0) * 1000
  return {
    ...{ status, bridged, childSid: child.sid, dialled: child.dialled },
    durationMs: status === 'completed' ? durationMs : 0,
  }
}
