import type { Call } from './call.js'
import { durationSeconds, newCallRecord, type StatusCallback } from './call-record.js'
import { identityOf } from './identity.js'
import type { FoundRoute, Route } from './ports.js'
import { allowTransfers, forbidTransfers, type TransferRule, type TransferUrl } from './transfer.js'

export interface ChildTarget {
  readonly noun: 'Number' | 'Sip' | 'Client'
  /** A number is already in E.164 where it could be normalised. */
  readonly address: string
  readonly sendDigits: string | undefined
  readonly username: string | undefined
  readonly password: string | undefined
  readonly statusCallback: StatusCallback | undefined
}

export interface ChildOptions {
  readonly childSid: string
  readonly target: ChildTarget
  readonly callerId: string | undefined
  readonly timeoutMs: number
  readonly timeLimitMs: number
  readonly hangupOnStar: boolean
  readonly answerOnBridge: boolean
  /** What a REFER of either side leads to; undefined: it is refused. */
  readonly transfer?: TransferUrl | TransferRule | undefined
  /** The way there, when it is known already. */
  readonly route?: Route
  /** Passes on to a parent that waits what happens before the answer. */
  readonly progress?: {
    /** The party rings, or sends media; may be called more than once. */
    ringing(): void
    /** Both are connected. */
    connected(): void
  }
}

export interface ChildOutcome {
  readonly status: 'completed' | 'busy' | 'no-answer' | 'failed' | 'canceled'
  readonly durationMs: number
  readonly bridged: boolean
  /** The party that who was dialled wants for the caller, and has left for it. */
  readonly referredTo?: string
  /** SIP status of who has refused the call. */
  readonly sipStatus?: number
}

/** What dialling needs of the registry of calls. */
export interface ChildMaker {
  /** Rejects with StoreError when the call cannot be stored. */
  makeOutgoing(record: Call['record']): Promise<Call>
}

/** The ringback of North America (ITU-T E.180 supplement 2). */
const ringback = { frequenciesHz: [440, 480] as const, onMs: 2_000, offMs: 4_000, loops: 0 }

/**
 * Calls another party and connects it with `parent`. Returns when that party is gone, or was never
 * reached; when `signal` aborts, the child is ended and the outcome returned all the same.
 */
export async function dialChild(
  parent: Call,
  options: ChildOptions,
  calls: ChildMaker,
  signal: AbortSignal,
): Promise<ChildOutcome> {
  const route = options.route ?? (await routeOf(parent, options))
  const from = callerIdOf(parent, options)
  const child = await calls.makeOutgoing(childRecord(parent, options, from))
  const isLoop = child.record.maxForwards < 1
  if (!route || route === 'notRegistered' || isLoop) {
    // Nobody is there, as when a phone rings in an empty room; no route is a fault.
    child.finish(route && !isLoop ? 'no-answer' : 'failed', { type: 'end' })
    return outcomeOf(child, false, false)
  }
  const onAbort = () => {
    if (child.hasLeft) return
    if (child.isAnswered) child.hangUp()
    else child.finishUnanswered('canceled')
  }
  signal.addEventListener('abort', onAbort, { once: true })
  if (signal.aborted) onAbort()
  try {
    const reached = await reach(parent, child, route, from, options, signal)
    if (!reached || signal.aborted) return outcomeOf(child, reached, false)
    const { bridged, referredTo } = await talk(parent, child, options, signal)
    const outcome = outcomeOf(child, reached, bridged)
    return referredTo === undefined ? outcome : { ...outcome, referredTo }
  } catch (error) {
    // Nobody else would end the child.
    onAbort()
    if (!signal.aborted) throw error
    return outcomeOf(child, false, false)
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}

async function routeOf(parent: Call, { target, childSid }: ChildOptions): Promise<FoundRoute> {
  const { routes } = parent.ports
  if (target.noun === 'Number') {
    const { accountSid } = parent.record
    return routes.number(target.address, { accountSid, callSid: childSid })
  }
  if (target.noun === 'Client') return routes.device(target.address)
  const route = await routes.sipUri(target.address, parent.record)
  if (!route || route === 'notRegistered' || target.username === undefined) return route
  return { ...route, credentials: { username: target.username, password: target.password ?? '' } }
}

function callerIdOf(parent: Call, options: ChildOptions): string {
  return options.callerId ?? parent.record.from
}

function childRecord(parent: Call, options: ChildOptions, from: string) {
  return newCallRecord(
    {
      sid: options.childSid,
      accountSid: parent.record.accountSid,
      parentCallSid: parent.sid,
      direction: 'outbound-dial',
      from,
      to:
        options.target.noun === 'Client'
          ? `client:${options.target.address}`
          : options.target.address,
      status: 'initiated',
      maxForwards: parent.record.maxForwards - 1,
      statusCallback: options.target.statusCallback,
    },
    parent.ports.clock.nowMs(),
  )
}

async function reach(
  parent: Call,
  child: Call,
  route: Route,
  from: string,
  options: ChildOptions,
  signal: AbortSignal,
): Promise<boolean> {
  if (child.endedSignal.aborted) return false
  const { endpointId } = await parent.audio.open()
  const waiting = new AbortController()
  const ringing = options.answerOnBridge
    ? Promise.resolve()
    : parent.audio.tone(ringback, AbortSignal.any([signal, waiting.signal])).catch(() => {})
  // The ringing, or an announcement, of the other side takes the place of ours.
  let early: Promise<void> | undefined
  const hearEarly = () => {
    waiting.abort()
    early ??= ringing
      .then(() => options.progress && parent.ringWithMedia())
      .then(() => parent.audio.bridge(child.audio))
      .catch(() => {})
    options.progress?.ringing()
  }
  const ring = () => {
    parent.ring()
    options.progress?.ringing()
  }
  try {
    const identity = identityOf(from, parent.ports.config.sipHost)
    const status = await child.connect(route, identity, options.timeoutMs, {
      near: endpointId,
      ...(options.answerOnBridge && !options.progress ? {} : { onEarlyMedia: hearEarly }),
      ...(options.progress ? { onRinging: ring } : {}),
    })
    // Who answers may hang up before we have connected it.
    return status === 'in-progress' || status === 'completed'
  } finally {
    waiting.abort()
    await ringing
    await early
    if (early && !child.isAnswered) await parent.audio.unbridge().catch(() => {})
  }
}

interface Conversation {
  /** False: one was gone before they were connected. */
  readonly bridged: boolean
  readonly referredTo?: string | undefined
}

/** Connects the two until one is gone, or has transferred the other. */
async function talk(
  parent: Call,
  child: Call,
  options: ChildOptions,
  signal: AbortSignal,
): Promise<Conversation> {
  let bridged = false
  const over = new AbortController()
  const until = AbortSignal.any([signal, over.signal, child.endedSignal])
  const stars = options.hangupOnStar ? hangUpOnStar(parent, child, until) : Promise.resolve()
  const limit = parent.ports.clock.sleep(options.timeLimitMs, until).then(
    () => child.hangUp(),
    () => {},
  )
  try {
    await parent.answer(signal)
    if (options.target.sendDigits) await child.audio.sendDigits(options.target.sendDigits, until)
    await parent.audio.bridge(child.audio)
    bridged = true
    options.progress?.connected()
    const transferred = allowTransfers(parent, child, options.transfer)
    const referredTo = await Promise.race([child.left(), transferred])
    if (referredTo !== undefined) child.hangUp()
    return { bridged, referredTo }
  } catch (error) {
    if (!until.aborted) throw error
    return { bridged }
  } finally {
    forbidTransfers(parent, child)
    over.abort()
    await Promise.all([stars, limit])
    await parent.audio.unbridge().catch(() => {})
  }
}

async function hangUpOnStar(parent: Call, child: Call, until: AbortSignal): Promise<void> {
  const digits = parent.audio.collect()
  try {
    while (!until.aborted) {
      if ((await digits.next(3_600_000, until)) === '*') child.hangUp()
    }
  } catch {
    // The conversation is over.
  } finally {
    digits.close()
  }
}

function outcomeOf(child: Call, reached: boolean, bridged: boolean): ChildOutcome {
  const { status } = child.record
  const durationMs = (durationSeconds(child.record) ?? 0) * 1000
  // A child that was redirected away lives on; for this Dial the conversation is complete.
  if (reached) return { status: 'completed', durationMs, bridged }
  return {
    status: status === 'completed' ? 'canceled' : (status as ChildOutcome['status']),
    durationMs,
    bridged,
    ...(child.refusedWith === undefined ? {} : { sipStatus: child.refusedWith }),
  }
}
