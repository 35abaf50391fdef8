import { RouterError } from '../base/router-error.js'
import { srtpKeyBytesMax } from '../sdp/security.js'
import { type CallRecord, type CallStatus, isFinal, statusOfRefusal } from './call-record.js'
import { type CallCommand, Mailbox, notInProgress } from './command.js'
import { LegAudio, type MediaSelection } from './leg-audio.js'
import { answerOffer, makeOffer, maySendTo, settleAnswer } from './media-description.js'
import { type MediaHub, untilAborted } from './media-hub.js'
import type { CallPorts, ProgramStart, Route } from './ports.js'
import { type InviteOutcome, SipLeg } from './sip-leg.js'
import { callEvent } from './status-events.js'

/** Why a program was stopped; the `reason` of its signal. */
export type StopReason = { readonly type: 'hungUp' | 'redirect' | 'end' | 'timeLimit' | 'shutdown' }

/** Runs a program on a call until it ends; never rejects for what an application did. */
export type RunProgram = (call: Call, start: ProgramStart, signal: AbortSignal) => Promise<void>

export interface CallParts {
  readonly ports: CallPorts
  readonly hub: MediaHub
  readonly runProgram: RunProgram
  readonly legGone: (leg: SipLeg) => void
  readonly callGone: (call: Call) => void
}

/** The other side of a leg, as far as it is known when the call is made. */
export interface Remote {
  readonly address: string
  /** The offer of an incoming INVITE; undefined: a late offer, or we called. */
  readonly offer?: string | undefined
  /** Where its media may be sent; undefined: anywhere. */
  readonly mayReach?: MayReach | undefined
}

/** How a call is made for another one that waits. */
export interface Dialling {
  /** The endpoint that this one will be bridged with. */
  readonly near?: number
  /** There is media before the answer; may be called more than once. */
  readonly onEarlyMedia?: () => void
}

type MayReach = (address: string) => boolean

/** One live call: its record, its leg, its audio, and the program that runs on it. */
export class Call {
  readonly record: CallRecord
  readonly leg: SipLeg
  readonly audio: LegAudio
  readonly #parts: CallParts
  readonly #mailbox: Mailbox
  readonly #remote: Remote
  #mayReach: MayReach | undefined
  #answering: Promise<void> | undefined
  #program: { readonly stop: AbortController; readonly done: Promise<void> } | undefined
  #pendingStart: ProgramStart | undefined
  #stored: Promise<unknown> = Promise.resolve()
  readonly #sessionId: string
  #sessionVersion = 0
  readonly #srtpKey: Uint8Array
  readonly #ended = new AbortController()
  /** Aborts when the call ends or is redirected. */
  readonly #left = new AbortController()

  constructor(record: CallRecord, legId: string, remote: Remote, parts: CallParts) {
    const { ports } = parts
    this.record = record
    this.#parts = parts
    this.#remote = remote
    this.#mayReach = remote.mayReach
    this.#sessionId = String(ports.ids.uint32())
    this.#srtpKey = Buffer.from(ports.ids.hex(srtpKeyBytesMax), 'hex')
    this.#mailbox = new Mailbox((delayMs, signal) => ports.clock.sleep(delayMs, signal))
    this.audio = new LegAudio(parts.hub, ports, ports.config.mediaBindAddress(remote.address), {
      digit: (digit) => ports.events.digits(record, digit),
      // A caller that vanished has hung up, as far as its program is concerned.
      rtpTimeout: () => this.#vanished(),
    })
    this.leg = new SipLeg(
      legId,
      ports,
      {
        ended: (cause) => this.#legEnded(cause),
        reoffered: (offer) => this.#answerReoffer(offer),
        reanswered: (offer, answer) => this.#settleReoffer(offer, answer),
        informed: (contentType, body) => this.#informed(contentType, body),
      },
      parts.legGone,
      record.direction === 'inbound',
    )
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
    if (isFinal(this.record.status) || this.#program) return
    const stop = new AbortController()
    const done = this.#parts.runProgram(this, start, stop.signal).catch((error) => {
      this.ports.events.bug(error, this.sid)
      this.hangUp()
    })
    this.#program = { stop, done }
    void done.then(() => this.#programDone(stop))
  }

  ring(): void {
    if (!this.isAnswered) this.leg.ring()
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
  giveUp(): void {
    if (this.isAnswered) {
      this.hangUp()
      return
    }
    this.refuse(480, 'failed')
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
    this.persist(callEvent(this.record, 'completed', this.ports))
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

  /** Resolves when this call has left its bridge: it ended or was redirected. */
  left(): Promise<void> {
    return aborted(this.#left.signal)
  }

  /** Calls out; resolves when answered, or with the status of the failed attempt. */
  async connect(
    route: Route,
    from: { readonly uri: string; readonly displayName?: string },
    timeoutMs: number,
    dialling: Dialling = {},
  ): Promise<CallStatus> {
    this.#mayReach = route.mayReach
    try {
      await this.#connect(route, from, timeoutMs, dialling)
    } catch (error) {
      this.#endBy({ type: 'end' }, 'failed')
      if (!(error instanceof RouterError)) throw error
      this.ports.events.callFailed(this.record, error)
    }
    return this.record.status
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
    from: { readonly uri: string; readonly displayName?: string },
    timeoutMs: number,
    { near, onEarlyMedia }: Dialling,
  ): Promise<void> {
    if (isFinal(this.record.status)) return
    const endpoint = await this.audio.open(near)
    if (isFinal(this.record.status)) return
    const offer = makeOffer(this.#local(endpoint.rtpPort))
    const settled = new AbortController()
    this.ports.clock.sleep(timeoutMs, settled.signal).then(
      () => this.finishUnanswered('no-answer'),
      () => {},
    )
    // A call that was given up is not waited for: the engine may take half a minute to be sure.
    const outcome = await Promise.race([
      this.leg.invite(route, from, offer, (status, sdp) => {
        this.#progressed(status)
        // Several devices that ring at once have nothing to say to one caller.
        const alone = (route.alternatives ?? []).length === 0
        if (sdp !== undefined && alone) void this.#hearEarly(offer, sdp, onEarlyMedia)
      }),
      aborted(this.#ended.signal),
    ])
    settled.abort()
    if (outcome && !isFinal(this.record.status)) await this.#connected(outcome, offer)
  }

  async #connected(outcome: InviteOutcome, offer: string): Promise<void> {
    if (outcome.type === 'refused') {
      this.finish(statusOfRefusal(outcome.status), { type: 'hungUp' })
      return
    }
    await this.#settle(offer, outcome.sdp)
    if (isFinal(this.record.status)) return
    this.#markAnswered()
    // The other side may have hung up while its media was set up.
    if (this.leg.isOver) this.finish('completed', { type: 'hungUp' })
  }

  /** Takes the answer to an offer of ours. Throws RouterError. */
  async #settle(offer: string, answer: string | undefined): Promise<void> {
    const selection = settleAnswer(offer, answer)
    if (!selection.ok) throw new RouterError('ERR_SDP', 20500, selection.problem)
    await this.#configure(selection.value)
  }

  async #configure(selection: MediaSelection): Promise<void> {
    if (!maySendTo(selection, this.#mayReach)) {
      throw new RouterError('ERR_SDP', 20500, 'media may not be sent to that address')
    }
    await this.audio.configure(selection)
  }

  async #answer(): Promise<void> {
    const endpoint = await this.audio.open()
    const local = this.#local(endpoint.rtpPort)
    if (this.#remote.offer === undefined) {
      const offer = makeOffer(local)
      await this.#settle(offer, await this.leg.accept(offer, true))
    } else {
      const answer = answerOffer(this.#remote.offer, local)
      if (!answer.ok) throw new RouterError('ERR_SDP', 20500, answer.problem)
      await this.#configure(answer.value.selection)
      await this.leg.accept(answer.value.sdp, false)
    }
    if (!isFinal(this.record.status)) this.#markAnswered()
  }

  #markAnswered(): void {
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
    if (this.isAnswered || this.record.direction === 'inbound') this.#endBy({ type: 'hungUp' })
  }

  #progressed(status: number): void {
    if (status < 180 || this.record.status === 'ringing' || isFinal(this.record.status)) return
    this.record.status = 'ringing'
    this.persist(callEvent(this.record, 'ringing', this.ports))
  }

  /** What comes before the answer: announcements and ringing of the other side (RFC 3960 §3.1). */
  async #hearEarly(offer: string, sdp: string, heard: (() => void) | undefined): Promise<void> {
    const selection = settleAnswer(offer, sdp)
    // What cannot be used now is no reason to fail: the answer may be another.
    if (!selection.ok || !heard || this.isAnswered || isFinal(this.record.status)) return
    try {
      await this.#configure(selection.value)
      if (!this.isAnswered && !isFinal(this.record.status)) heard()
    } catch (error) {
      if (!(error instanceof RouterError)) this.ports.events.bug(error, this.sid)
    }
  }

  async #answerReoffer(offer: string | undefined): Promise<string | undefined> {
    const endpoint = await this.audio.open()
    const local = this.#local(endpoint.rtpPort)
    if (offer === undefined) return makeOffer(local)
    const answer = answerOffer(offer, local)
    if (!answer.ok) return undefined
    await this.#configure(answer.value.selection)
    return answer.value.sdp
  }

  /** An answer that we cannot use leaves the media as it was. */
  #settleReoffer(offer: string, answer: string | undefined): void {
    if (isFinal(this.record.status)) return
    this.#settle(offer, answer).catch((error) => {
      if (!(error instanceof RouterError)) this.ports.events.bug(error, this.sid)
    })
  }

  /** DTMF by SIP INFO: application/dtmf-relay or application/dtmf. */
  #informed(contentType: string, body: string): void {
    const type = contentType.toLowerCase()
    if (!type.startsWith('application/dtmf')) return
    const signal =
      /^\s*Signal\s*=\s*([0-9A-D*#])/im.exec(body)?.[1] ?? /^\s*([0-9A-D*#])\s*$/i.exec(body)?.[1]
    if (signal !== undefined) this.audio.offerDigit(signal.toUpperCase())
  }

  #legEnded(cause: 'bye' | 'canceled' | 'lost' | 'hungUp'): void {
    // Before an answer the outcome of the INVITE says more; `connect` reports it.
    if (!this.isAnswered && this.record.direction !== 'inbound') return
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
      if (command.as === 'canceled' && !unanswered) throw notInProgress(this.sid)
      if (unanswered) this.finishUnanswered('canceled')
      else this.hangUp()
      return
    }
    if (isFinal(this.record.status)) throw notInProgress(this.sid)
    const running = this.#program
    if (!running && !this.isAnswered) throw notInProgress(this.sid)
    this.#pendingStart = command.start
    running?.stop.abort({ type: 'redirect' } satisfies StopReason)
    this.#left.abort({ type: 'redirect' } satisfies StopReason)
    await running?.done
    if (!running) this.#startPending()
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

  #local(rtpPort: number) {
    return {
      address: this.ports.config.mediaAdvertisedAddress(this.#remote.address),
      port: rtpPort,
      sessionId: this.#sessionId,
      // RFC 3264 §8: grows with each description that we send.
      sessionVersion: this.#sessionVersion++,
      srtpKey: this.#srtpKey,
    }
  }
}

function aborted(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(undefined)
    else signal.addEventListener('abort', () => resolve(undefined), { once: true })
  })
}
