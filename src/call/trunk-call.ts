import { makeSid } from '../base/ids.js'
import { RouterError } from '../base/router-error.js'
import type { Call } from './call.js'
import type { CallStatus } from './call-record.js'
import {
  type DialledParty,
  type DialOutcome,
  type DialSettings,
  type DialWorld,
  dialParties,
} from './dial.js'
import type { Route } from './ports.js'
import { type CustomerTrunk, checkedRoute, type TrunkCalled } from './trunk-call-route.js'
import { startOfTransfer } from './trunk-call-transfer.js'
import { mayTryAnother } from './trunk-outcome.js'
import type { Dialler } from './trunk-table.js'

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
  world: DialWorld,
  signal: AbortSignal,
): Promise<void> {
  // RFC 7332 §3: the number has led back to itself.
  if (call.record.maxForwards < 2) {
    call.refuse(483, 'failed')
    return
  }
  try {
    const outcome = await connect(call, called, world, signal)
    if (!signal.aborted) await goOn(call, called, outcome, world, signal)
  } catch (error) {
    if (signal.aborted) return
    if (!(error instanceof RouterError)) throw error
    call.ports.events.callFailed(call.record, error)
    if (call.isAnswered) call.hangUp()
    else call.refuse(503, 'failed')
  }
}

/** What the call came to; undefined: nobody could be called. */
type Outcome = DialOutcome | undefined

async function connect(
  call: Call,
  { trunk, way }: TrunkCalled,
  world: DialWorld,
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
  const party: DialledParty = {
    childSid,
    route,
    target: {
      ...{ noun: isToPbx ? 'Sip' : 'Number', address: isToPbx ? route.target : record.to },
      ...{ sendDigits: undefined, username: undefined, password: undefined },
      statusCallback: undefined,
    },
  }
  const settings: DialSettings = {
    ...{ callerId: undefined, timeoutMs: ringMsMax, timeLimitMs: talkMsMax },
    ...{ hangupOnStar: false, answerOnBridge: true, passesProgress: true },
    transfer: {
      by: isToPbx ? 'child' : 'parent',
      start: (target) => startOfTransfer(target, { trunk, way }, call),
    },
    recording: trunk.recording && {
      ...trunk.recording,
      recordingSid: makeSid('RE', ports.ids),
      statusCallback: undefined,
      source: 'Trunking',
    },
  }
  return dialParties(call, [party], settings, world, signal)
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
  { runProgram }: DialWorld,
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
  const { status, dialled } = outcome
  return dialled === undefined ? status !== 'failed' : !mayTryAnother(dialled.status, false)
}

/** How the caller is refused: as we were, if that can be about the caller's request. */
function refusalOf(
  { ports, record }: Call,
  way: TrunkCalled['way'],
  outcome: Outcome,
): { readonly status: number; readonly as: CallStatus } {
  const as = outcome?.status ?? 'failed'
  const given = outcome?.dialled?.status
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
