import { whenAborted } from '../base/abort.js'
import { RouterError } from '../base/router-error.js'
import type { Call } from './call.js'
import type { Conference } from './conference.js'
import type { JoinOptions } from './conference-options.js'
import type { ReasonParticipantLeft } from './conference-record.js'
import type { Conferences } from './conferences.js'
import type { Participant } from './participant.js'

export interface ConferenceStay {
  readonly join: JoinOptions
  /** How long the call may stay [ms]. */
  readonly timeLimitMs: number
  /** A star that it keys takes it out. */
  readonly hangupOnStar: boolean
}

export interface ConferenceOutcome {
  /** `answered`: it has left by a star (contract 2B.5 5). */
  readonly status: 'completed' | 'answered' | 'failed'
  /** Why it could not come in. */
  readonly error?: RouterError
}

/**
 * Puts a call into a conference until it leaves, is sent out, or the conference ends. Returns also when
 * `signal` aborts; a call that is redirected stays in the room until it is somewhere else.
 */
export async function stayInConference(
  call: Call,
  stay: ConferenceStay,
  conferences: Conferences,
  signal: AbortSignal,
  onIn: () => void = () => {},
): Promise<ConferenceOutcome> {
  let place: { readonly conference: Conference; readonly participant: Participant }
  try {
    place = await conferences.enter(call, stay.join, signal)
  } catch (error) {
    if (signal.aborted) return { status: 'completed' }
    if (!(error instanceof RouterError)) throw error
    return { status: 'failed', error }
  }
  onIn()
  const { conference, participant } = place
  const over = new AbortController()
  const until = AbortSignal.any([signal, over.signal])
  try {
    const star = stay.hangupOnStar ? starKeyed(call, until) : never()
    const limit = call.ports.clock.sleep(stay.timeLimitMs, until).then(
      () => 'limit' as const,
      () => never(),
    )
    const how = await Promise.race([participant.left, star, limit, whenAborted(signal)])
    return { status: how === 'star' ? 'answered' : 'completed' }
  } finally {
    over.abort()
    const lingers = typeOf(signal) === 'redirect'
    conference.leave(participant, reasonOf(signal), lingers)
    await call.audio.setJitterBuffer(undefined).catch(() => {})
  }
}

/** One for each who waits: a shared one would keep all who ever waited. */
function never(): Promise<never> {
  return new Promise<never>(() => {})
}

function reasonOf(signal: AbortSignal): ReasonParticipantLeft {
  return typeOf(signal) === 'redirect' ? 'participant_updated_via_api' : 'participant_hung_up'
}

function typeOf(signal: AbortSignal): string | undefined {
  return signal.aborted ? (signal.reason as { readonly type?: string }).type : undefined
}

async function starKeyed(call: Call, until: AbortSignal): Promise<'star'> {
  const digits = call.audio.collect()
  try {
    while (!until.aborted) {
      if ((await digits.next(3_600_000, until)) === '*') return 'star'
    }
  } catch {
    // It has left by other ways.
  } finally {
    digits.close()
  }
  return never()
}
