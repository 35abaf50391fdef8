import { whenAborted } from '../base/abort.js'
import { RouterError } from '../base/router-error.js'
import {
  type CallRecord,
  type CallStatus,
  isFinal,
  isIncoming,
  statusOfRefusal,
} from './call-record.js'
import { type CallCommand, Mailbox, notInProgress } from './command.js'
import type { Identity } from './identity.js'
import { digitOfInfo } from './info-digit.js'
import { LegAudio } from './leg-audio.js'
import { LegMedia, type Remote } from './leg-media.js'
import { type MediaHub, untilAborted } from './media-hub.js'
import type { CallPorts, ProgramStart, Route } from './ports.js'
import { type RunProgram, type StopReason, withState } from './program.js'
import type { LiveRecording } from './recording.js'
import { carryOutRecording } from './recording-command.js'
import {
  type Dialled,
  deafListener,
  type InviteOutcome,
  type Referral,
  SipLeg,
  type SipLegListener,
  visibleHeaders,
} from './sip-leg.js'
import { callEvent } from './status-events.js'
import { TimeLimit } from './time-limit.js'
import { toldRecording } from './told-recording.js'
import type { OnTransfer } from './transfer.js'

export interface CallParts {
  readonly ports: CallPorts
  readonly hub: MediaHub
  readonly runProgram: RunProgram
  /** Legs that are made and over: events find them in between. */
  readonly legMade: (leg: SipLeg) => void
  readonly legGone: (leg: SipLeg) => void
  readonly callGone: (call: Call) => void
  /** The other side of this call wants to be replaced. */
  readonly referred: (call: Call, referral: Referral) => void
}

/** How a call is made for another one that waits. */
export interface Dialling {
  /** The endpoint that this one will be bridged with. */
  readonly near?: number
  /** There is media before the answer; may be called more than once. */
  readonly onEarlyMedia?: () => void
  /** It rings; may be called more than once. */
  readonly onRinging?: () => void
}

/** One live call: its record, its leg, its audio, and the program that runs on it. */
export class Call {
  readonly record: CallRecord
  readonly audio: LegAudio
  readonly #media: LegMedia
  readonly #parts: CallParts
  readonly #mailbox: Mailbox
  readonly #listener: SipLegListener
  /** The call that this one is connected with. */
  partner: Call | undefined
  /** What a REFER of the other side leads to; undefined: it is refused. */
  onTransfer: OnTransfer | undefined
  readonly limit: TimeLimit
  /** Those that run, by sid. */
  readonly recordings = new Map<string, LiveRecording>()
  /** Of a call that we made; undefined: no answer yet. */
  dialled: Dialled | undefined
  #leg: SipLeg
  /** Aborts when another answers in the place of who rings (RFC 3891 §1). */
  readonly #pickedUp = new AbortController()
  #answering: Promise<void> | undefined
  #program: { readonly stop: AbortController; readonly done: Promise<unknown> } | undefined
  #pendingStart: ProgramStart | undefined
  #stored: Promise<unknown> = Promise.resolve()
  readonly #ended = new AbortController()
  /** Aborts when the call ends or is redirected. */
  readonly #left = new AbortController()

  constructor(record: CallRecord, legId: string, remote: Remote, parts: CallParts) {
    const { ports } = parts
    this.record = record
    this.#parts = parts
    this.#mailbox = new Mailbox((delayMs, signal) => ports.clock.sleep(delayMs, signal))
    this.audio = new LegAudio(parts.hub, ports, ports.config.mediaBindAddress(remote.address), {
      digit: (digit) => {
        if (!record.verification) ports.events.digits(record, digit)
      },
      // A caller that vanished has hung up, as far as its program is concerned.
      rtpTimeout: () => this.#vanished(),
    })
    this.limit = new TimeLimit(ports.clock, this.#ended.signal, () => this.hangUp())
    this.#media = new LegMedia(this.audio, ports, remote)
    this.#listener = {
      callSid: record.sid,
      ended: (cause) => this.#legEnded(cause),
      reoffered: (offer) => this.#media.answerReoffer(offer),
      reanswered: (offer, answer) => this.#settleReoffer(offer, answer),
      informed: (contentType, body) => this.#informed(contentType, body),
      referred: (referral) => parts.referred(this, referral),
    }
    this.#leg = this.#makeLeg(legId, isIncoming(record))
  }

  /** The signalling of this call now; another's takes its place after a transfer. */
  get leg(): SipLeg {
    return this.#leg
  }

  get sid(): string {
    return this.record.sid
  }

  get isAnswered(): boolean {
    return this.record.startMs !== undefined
  }

  /** Aborts when the call is over. */
  get endedSignal(): AbortSignal {
    return this.#ended.signal
  }

  get ports(): CallPorts {
    return this.#parts.ports
  }

  /**
   * Runs a program to its end; the call is dropped from the registry when none follows. Does nothing
   * when the call is over, or was redirected to another program meanwhile.
   */
  start(start: ProgramStart): void {
    this.run((signal) => this.#parts.runProgram(this, start, signal))
  }

  /** As `start`, for what is no document. */
  run(program: (signal: AbortSignal) => Promise<unknown>): void {
    if (isFinal(this.record.status) || this.#program) return
    const stop = new AbortController()
    const done = program(stop.signal).catch((error) => {
      this.ports.events.bug(error, this.sid)
      this.hangUp()
    })
    this.#program = { stop, done }
    void done.then(() => this.#programDone(stop))
  }

  ring(): void {
    if (!this.isAnswered) this.leg.ring()
  }

  /** Lets the caller hear us before the call is answered (183). Rejects with RouterError. */
  async ringWithMedia(): Promise<void> {
    const isOpen = !this.isAnswered && !this.#answering && !isFinal(this.record.status)
    if (isOpen) await this.#media.ring(this.leg)
  }

  /** Rejects with the signal's reason, at once when the call is over. */
  async answer(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    this.#ended.signal.throwIfAborted()
    // One that we made was answered by the other side.
    this.#answering ??= this.isAnswered ? Promise.resolve() : this.#answer()
    await untilAborted(this.#answering, signal)
  }

  reject(reason: 'rejected' | 'busy'): void {
    this.refuse(reason === 'busy' ? 486 : 603, reason === 'busy' ? 'busy' : 'no-answer')
  }

  hangUp(): void {
    this.#endBy({ type: 'end' })
  }

  /** The application failed: an unanswered caller is told to try later, an answered one hung up. */
  giveUp(sipStatus = 480): void {
    if (this.isAnswered) this.hangUp()
    else this.refuse(sipStatus, 'failed')
  }

  /** Refuses an incoming call. The record ends first: what the leg then tells says less. */
  refuse(sipStatus: number, status: CallStatus): void {
    this.finish(status, { type: 'end' })
    this.leg.reject(sipStatus)
  }

  /** Ends the record of the call, stops its program and frees its media. Later calls do nothing. */
  finish(status: CallStatus, reason: StopReason): void {
    if (isFinal(this.record.status)) return
    this.record.status = status
    this.record.endMs = this.ports.clock.nowMs()
    this.persist(callEvent(this.record, 'completed', this.ports, toldRecording(this)))
    this.ports.events.callEnded(this.record)
    this.#ended.abort(reason)
    this.#left.abort(reason)
    this.audio.close()
    this.leg.release()
    if (this.#program) this.#program.stop.abort(reason)
    else this.#parts.callGone(this)
  }

  /** Carries out a command of REST; resolves when it is done. Rejects with CommandError. */
  dispatch(command: CallCommand): Promise<void> {
    return this.#mailbox.post(() => this.#carryOut(command))
  }

  /** It ended or was redirected: it no longer belongs to who has dialled it. */
  get hasLeft(): boolean {
    return this.#left.signal.aborted
  }

  /** Another program waits for the instruction that runs to be over. */
  get isSuperseded(): boolean {
    return this.#pendingStart !== undefined
  }

  /** Aborts when the call ends or is redirected. */
  get leftSignal(): AbortSignal {
    return this.#left.signal
  }

  /** Resolves when this call has left its bridge: it ended or was redirected. */
  left(): Promise<undefined> {
    return whenAborted(this.#left.signal)
  }

  /** Calls out; resolves when answered, or with the status of the failed attempt. */
  async connect(
    route: Route,
    identity: Identity,
    timeoutMs: number,
    dialling: Dialling = {},
  ): Promise<CallStatus> {
    this.#media.allow(route.mayReach, route.isMediaSecure)
    try {
      await this.#connect(route, identity, timeoutMs, dialling)
    } catch (error) {
      this.#endBy({ type: 'end' }, 'failed')
      if (!(error instanceof RouterError)) throw error
      this.ports.events.callFailed(this.record, error)
    }
    return this.record.status
  }

  /**
   * Answers an INVITE that takes the place of this call's other side (RFC 3891): who called or was called
   * goes, media, record and program stay.
   */
  async takeOver(legId: string, remote: Remote): Promise<void> {
    const wasAnswered = this.isAnswered
    this.#media.meet(remote)
    const leg = this.#makeLeg(legId, true)
    try {
      const old = this.#replaceLeg(leg)
      await this.#media.accept(leg)
      old.hangUp()
      if (isFinal(this.record.status)) leg.hangUp()
      else if (!wasAnswered) this.beAnswered()
      this.#pickedUp.abort()
    } catch (error) {
      leg.reject(488)
      this.#endBy({ type: 'hungUp' })
      throw error
    }
  }

  /**
   * The other side of another call goes on in this one, in the place of who is in it now; the other call
   * is over then. When that side does not agree, both stay as they were.
   */
  async adopt(other: Call, report: (status: number) => void): Promise<void> {
    const offer = await this.#media.offer(other.#media)
    const { status, sdp } = await other.leg.reoffer(offer)
    if (status >= 300 || isFinal(this.record.status) || isFinal(other.record.status)) {
      report(status >= 300 ? status : 480)
      // Its media goes to where nobody listens any more.
      if (status < 300) other.hangUp()
      return
    }
    report(200)
    this.#media.inherit(other.#media)
    this.#replaceLeg(other.leg).hangUp()
    other.finish('completed', { type: 'hungUp' })
    await this.#media.settle(offer, sdp).catch((error) => {
      this.hangUp()
      throw error
    })
  }

  /** Gives an attempt up that nobody has answered. */
  finishUnanswered(status: 'no-answer' | 'canceled'): void {
    if (isFinal(this.record.status)) return
    this.finish(status, { type: 'end' })
    this.leg.hangUp()
  }

  persist(outbox: ReturnType<typeof callEvent>): void {
    const { store, events, clock, outboxFilled } = this.ports
    this.record.updatedMs = clock.nowMs()
    this.#stored = store.updateCall(this.record, outbox).then(
      () => outbox.length > 0 && outboxFilled(this.sid),
      (error) => events.bug(error, this.sid),
    )
  }

  async #connect(
    route: Route,
    identity: Identity,
    timeoutMs: number,
    { near, onEarlyMedia, onRinging }: Dialling,
  ): Promise<void> {
    if (isFinal(this.record.status)) return
    const offer = await this.#media.offer(this.#media, near)
    if (isFinal(this.record.status)) return
    const settled = new AbortController()
    this.ports.clock.sleep(timeoutMs, settled.signal).then(
      () => this.finishUnanswered('no-answer'),
      () => {},
    )
    // A call that was given up is not waited for: the engine may take half a minute to be sure.
    const outcome = await Promise.race([
      this.leg.invite(route, identity, offer, this.record.maxForwards, (status, sdp) => {
        this.#progressed(status)
        if (status === 180) onRinging?.()
        // Several devices that ring at once have nothing to say to one caller.
        const alone = (route.alternatives ?? []).length === 0
        if (sdp !== undefined && alone) void this.#hearEarly(offer, sdp, onEarlyMedia)
      }),
      whenAborted(this.#ended.signal),
      whenAborted(this.#pickedUp.signal),
    ])
    settled.abort()
    if (outcome && !isFinal(this.record.status)) await this.#connected(outcome, offer)
  }

  async #connected(outcome: InviteOutcome, offer: string): Promise<void> {
    const { status } = outcome
    const headers = visibleHeaders(outcome)
    if (outcome.type === 'refused') {
      this.dialled = { status, headers }
      this.finish(statusOfRefusal(status), { type: 'hungUp' })
      return
    }
    this.dialled = { status, headers, callId: outcome.callId }
    this.#media.answeredFrom(outcome.sourceAddress)
    await this.#media.settle(offer, outcome.sdp)
    if (isFinal(this.record.status)) return
    this.beAnswered()
    // The other side may have hung up while its media was set up.
    if (this.leg.isOver) this.finish('completed', { type: 'hungUp' })
  }

  async #answer(): Promise<void> {
    await this.#media.accept(this.leg)
    if (!isFinal(this.record.status)) this.beAnswered()
  }

  #makeLeg(legId: string, isIncoming: boolean): SipLeg {
    const { legMade, legGone } = this.#parts
    const leg = new SipLeg(legId, this.ports, this.#listener, legGone, isIncoming)
    legMade(leg)
    return leg
  }

  /** Returns the leg that was; nobody hears of it any more. */
  #replaceLeg(leg: SipLeg): SipLeg {
    const old = this.#leg
    this.#leg = leg
    leg.moveTo(this.#listener)
    old.moveTo(deafListener(this.sid))
    return old
  }

  /** The other side is there: the call is in progress from now on. */
  beAnswered(): void {
    this.record.status = 'in-progress'
    this.record.startMs = this.ports.clock.nowMs()
    this.persist(callEvent(this.record, 'answered', this.ports))
  }

  #endBy(reason: StopReason, unanswered: CallStatus = 'no-answer'): void {
    if (isFinal(this.record.status)) return
    this.finish(this.isAnswered ? 'completed' : unanswered, reason)
    this.leg.hangUp()
  }

  #vanished(): void {
    // Who rings need not say anything.
    if (this.isAnswered || isIncoming(this.record)) this.#endBy({ type: 'hungUp' })
  }

  #progressed(status: number): void {
    const isKnown = this.isAnswered || this.record.status === 'ringing'
    if (status < 180 || isKnown || isFinal(this.record.status)) return
    this.record.status = 'ringing'
    this.persist(callEvent(this.record, 'ringing', this.ports))
  }

  /** What comes before the answer: announcements and ringing of the other side (RFC 3960 §3.1). */
  async #hearEarly(offer: string, sdp: string, heard: (() => void) | undefined): Promise<void> {
    if (!heard || this.isAnswered || isFinal(this.record.status)) return
    try {
      // What cannot be used now is no reason to fail: the answer may be another.
      const isUsable = await this.#media.settleEarly(offer, sdp)
      if (isUsable && !this.isAnswered && !isFinal(this.record.status)) heard()
    } catch (error) {
      if (!(error instanceof RouterError)) this.ports.events.bug(error, this.sid)
    }
  }

  /** An answer that we cannot use leaves the media as it was. */
  #settleReoffer(offer: string, answer: string | undefined): void {
    if (isFinal(this.record.status)) return
    this.#media.settle(offer, answer).catch((error) => {
      if (!(error instanceof RouterError)) this.ports.events.bug(error, this.sid)
    })
  }

  #informed(contentType: string, body: string): void {
    const digit = digitOfInfo(contentType, body)
    if (digit !== undefined) this.audio.offerDigit(digit)
  }

  #legEnded(cause: 'bye' | 'canceled' | 'lost' | 'hungUp'): void {
    // Before an answer the outcome of the INVITE says more; `connect` reports it.
    if (!this.isAnswered && !isIncoming(this.record)) return
    const status = this.isAnswered ? 'completed' : cause === 'lost' ? 'failed' : 'no-answer'
    this.finish(status, { type: 'hungUp' })
  }

  /** What REST then reads is stored already. */
  async #carryOut(command: CallCommand): Promise<void> {
    await this.#apply(command)
    await this.#stored
  }

  async #apply(command: CallCommand): Promise<void> {
    if (command.type === 'end') {
      const unanswered = ['queued', 'initiated', 'ringing'].includes(this.record.status)
      if (command.as === 'canceled' && !unanswered) throw notInProgress(this.sid, command)
      if (unanswered) this.finishUnanswered('canceled')
      else this.hangUp()
      return
    }
    if (isFinal(this.record.status)) throw notInProgress(this.sid, command)
    if (command.type === 'change') {
      this.#change(command)
      return
    }
    if (command.type !== 'redirect') {
      await carryOutRecording(this, command)
      return
    }
    const running = this.#program
    if (!running && !this.isAnswered) throw notInProgress(this.sid, command)
    const { start, passesState = false, when = 'now' } = command
    this.#pendingStart = passesState ? withState(start, this.ports.interrupted?.(this.sid)) : start
    if (running && when === 'next') return
    running?.stop.abort({ type: 'redirect' } satisfies StopReason)
    this.#left.abort({ type: 'redirect' } satisfies StopReason)
    await running?.done
    if (!running) this.#startPending()
  }

  #change({ fallback, statusCallback, timeLimitMs }: CallCommand & { type: 'change' }): void {
    const { record } = this
    record.fallback = fallback ?? record.fallback
    record.statusCallback = statusCallback ?? record.statusCallback
    const { startMs, createdMs } = record
    if (timeLimitMs !== undefined) {
      this.limit.set((startMs ?? createdMs) + timeLimitMs - this.ports.clock.nowMs())
    }
    this.persist([])
  }

  #programDone(stop: AbortController): void {
    if (this.#program?.stop !== stop) return
    this.#program = undefined
    if (isFinal(this.record.status)) this.#parts.callGone(this)
    else if (this.#pendingStart) this.#startPending()
    else this.hangUp()
  }

  #startPending(): void {
    const start = this.#pendingStart
    this.#pendingStart = undefined
    if (start) this.start(start)
  }
}
