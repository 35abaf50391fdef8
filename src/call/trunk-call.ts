import { makeSid } from '../base/ids.js'
import { RouterError } from '../base/router-error.js'
import type { Call, RunProgram } from './call.js'
import type { CallStatus } from './call-record.js'
import { type ChildMaker, type ChildOptions, type ChildOutcome, dialChild } from './dial.js'
import type { Route } from './ports.js'
import { recordCall } from './recording.js'
import {
  type CustomerTrunk,
  checkedRoute,
  type TrunkCalled,
  type TrunkRecording,
} from './trunk-call-route.js'
import { startOfTransfer } from './trunk-call-transfer.js'
import { mayTryAnother } from './trunk-outcome.js'
import type { Dialler } from './trunk-table.js'

export interface TrunkCallParts {
  readonly calls: ChildMaker
  readonly runProgram: RunProgram
}

/** Whoever calls gives up before. */
const ringMsMax = 180_000
const talkMsMax = 14_400_000

/**
 * Connects a call through a customer's trunk: a PBX with a number, or who called a number with the PBX. The
 * caller hears what who is called sends, and how it refuses. Returns when the call is over.
 */
export async function runTrunkCall(
  call: Call,
  called: TrunkCalled,
  parts: TrunkCallParts,
  signal: AbortSignal,
): Promise<void> {
  // RFC 7332 §3: the number has led back to itself.
  if (call.record.maxForwards < 2) {
    call.refuse(483, 'failed')
    return
  }
  try {
    const outcome = await connect(call, called, parts, signal)
    if (!signal.aborted) await goOn(call, called, outcome, parts, signal)
  } catch (error) {
    if (signal.aborted) return
    if (!(error instanceof RouterError)) throw error
    call.ports.events.callFailed(call.record, error)
    if (call.isAnswered) call.hangUp()
    else call.refuse(503, 'failed')
  }
}

/** What the call came to; undefined: nobody could be called. */
type Outcome = ChildOutcome | undefined

async function connect(
  call: Call,
  { trunk, way }: TrunkCalled,
  parts: TrunkCallParts,
  signal: AbortSignal,
): Promise<Outcome> {
  const { ports, record } = call
  const childSid = makeSid('CA', ports.ids)
  const dialler = { accountSid: record.accountSid, callSid: childSid }
  const isToPbx = way === 'originating'
  const route = isToPbx
    ? await routeToPbx(call, trunk, dialler)
    : ports.routes.number(record.to, dialler)
  if (!route || signal.aborted) return undefined
  const recorder = trunk.recording && new Recorder(call, trunk.recording)
  const options: ChildOptions = {
    ...{ childSid, callerId: undefined, timeoutMs: ringMsMax, timeLimitMs: talkMsMax },
    ...{ hangupOnStar: false, answerOnBridge: true, route },
    target: {
      ...{ noun: isToPbx ? 'Sip' : 'Number', address: isToPbx ? route.target : record.to },
      ...{ sendDigits: undefined, username: undefined, password: undefined },
      statusCallback: undefined,
    },
    transfer: {
      by: isToPbx ? 'child' : 'parent',
      start: (target) => startOfTransfer(target, { trunk, way }, call),
    },
    progress: {
      ringing: () => recorder?.begin('ringing'),
      connected: () => recorder?.begin('answer'),
    },
  }
  try {
    return await dialChild(call, options, parts.calls, signal)
  } finally {
    await recorder?.end()
  }
}

async function routeToPbx(
  { ports, record }: Call,
  trunk: CustomerTrunk,
  dialler: Dialler,
): Promise<Route | undefined> {
  const way = trunk.wayTo(record.to, dialler)
  return way && checkedRoute(way, ports.routes, dialler)
}

async function goOn(
  call: Call,
  { trunk, way }: TrunkCalled,
  outcome: Outcome,
  { runProgram }: TrunkCallParts,
  signal: AbortSignal,
): Promise<void> {
  if (outcome?.referredTo !== undefined) {
    const start = startOfTransfer(outcome.referredTo, { trunk, way }, call)
    if (start) await runProgram(call, start, signal)
    return
  }
  if (call.isAnswered || outcome?.status === 'completed') return
  const { disasterRecovery } = trunk
  if (way === 'originating' && disasterRecovery && !isReached(outcome)) {
    await runProgram(call, { type: 'url', ...disasterRecovery }, signal)
    return
  }
  const { status, as } = refusalOf(call, way, outcome)
  call.refuse(status, as)
}

/** Whether there was somebody who did not want the call, or did not come to the phone. */
function isReached(outcome: Outcome): boolean {
  if (!outcome) return false
  const { status, sipStatus } = outcome
  return sipStatus === undefined ? status !== 'failed' : !mayTryAnother(sipStatus, false)
}

/** How the caller is refused: as we were, if that can be about the caller's request. */
function refusalOf(
  { ports, record }: Call,
  way: TrunkCalled['way'],
  outcome: Outcome,
): { readonly status: number; readonly as: CallStatus } {
  const as = outcome?.status ?? 'failed'
  const given = outcome?.sipStatus
  if (given !== undefined) return { status: isAboutUs(given) ? 502 : given, as }
  if (as === 'busy') return { status: 486, as }
  if (as === 'no-answer') return { status: 480, as }
  const isAllowed = way === 'originating' || ports.routes.allows(record.to, record.accountSid)
  return { status: isAllowed ? 503 : 403, as: 'failed' }
}

/** Redirections, challenges, and what was said of a request of ours (RFC 3261 §21). */
function isAboutUs(status: number): boolean {
  return status < 400 || [401, 405, 407, 415, 416, 420, 421, 422, 423, 494].includes(status)
}

/** Records both ways of a trunk's call, from its beginning or its answer on. */
class Recorder {
  readonly #call: Call
  readonly #recording: TrunkRecording
  readonly #finish = new AbortController()
  #done: Promise<unknown> | undefined

  constructor(call: Call, recording: TrunkRecording) {
    this.#call = call
    this.#recording = recording
  }

  begin(at: 'ringing' | 'answer'): void {
    const { from, channels, trimSilence } = this.#recording
    if (this.#done || (at === 'ringing' && from === 'answer')) return
    const call = this.#call
    const options = {
      recordingSid: makeSid('RE', call.ports.ids),
      ...{ durationMsMax: talkMsMax, silenceTimeoutMs: 0, trimSilence, channels },
      ...{ statusCallback: undefined, finish: this.#finish.signal, source: 'Trunking' as const },
    }
    this.#done = recordCall(call, options, call.endedSignal).catch((error) => {
      if (!this.#finish.signal.aborted) call.ports.events.bug(error, call.sid)
    })
  }

  async end(): Promise<void> {
    this.#finish.abort()
    await this.#done
  }
}
