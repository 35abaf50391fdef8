import { RouterError } from '../base/router-error.js'
import { type CallRecord, type CallStatus, isFinal, statusOfRefusal } from './call-record.js'
import { type CallCommand, Mailbox, notInProgress } from './command.js'
import { LegAudio } from './leg-audio.js'
import { answerOffer, makeOffer, settleAnswer } from './media-description.js'
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

/** One live call: its record, its leg, its audio, and the program that runs on it. */
export class Call {
  readonly record: CallRecord
  readonly leg: SipLeg
  readonly audio: LegAudio
  readonly #parts: CallParts
  readonly #mailbox: Mailbox
  readonly #remoteAddress: string
  /** The offer of an incoming INVITE; undefined: a late offer, or we called. */
  readonly #offer: string | undefined
  #answering: Promise<void> | undefined
  #program: { readonly stop: AbortController; readonly done: Promise<void> } | undefined
  #pendingStart: ProgramStart | undefined
  #onLeft: (() => void) | undefined
  readonly #sessionId: string
  #sessionVersion = 0
  readonly #ended = new AbortController()

  constructor(
    record: CallRecord,
    legId: string,
    remote: { readonly address: string; readonly offer?: string | undefined },
    parts: CallParts,
  ) {
    const { ports } = parts
    this.record = record
    this.#parts = parts
    this.#remoteAddress = remote.address
    this.#offer = remote.offer
    this.#sessionId = String(ports.ids.uint32())
    this.#mailbox = new Mailbox((delayMs) => ports.clock.sleep(delayMs))
    this.audio = new LegAudio(parts.hub, ports, ports.config.mediaBindAddress(remote.address), {
      digit: (digit) => ports.events.digits(record, digit),
      // A caller that vanished has hung up, as far as its program is concerned.
      rtpTimeout: () => this.#endBy({ type: 'hungUp' }),
    })
    this.leg = new SipLeg(
      legId,
      ports,
      {
        ended: (cause) => this.#legEnded(cause),
        reoffered: (offer) => this.#answerReoffer(offer),
        informed: (contentType, body) => this.#informed(contentType, body),
      },
      parts.legGone,
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

  /** Runs a program to its end; the call is dropped from the registry when none follows. */
  start(start: ProgramStart): void {
    const stop = new AbortController()
    if (isFinal(this.record.status)) stop.abort({ type: 'hungUp' } satisfies StopReason)
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

  answer(signal: AbortSignal): Promise<void> {
    // One that we made was answered by the other side.
    this.#answering ??= this.isAnswered ? Promise.resolve() : this.#answer()
    return untilAborted(this.#answering, signal)
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
    this.audio.close()
    if (this.#program) this.#program.stop.abort(reason)
    else this.#parts.callGone(this)
  }

  /** Carries out a command of REST; resolves when it is done. Rejects with CommandError. */
  dispatch(command: CallCommand): Promise<void> {
    return this.#mailbox.post(() => this.#carryOut(command))
  }

  /** Resolves when this call has left its bridge: it ended or was redirected. */
  left(): Promise<void> {
    return new Promise((resolve) => {
      this.#onLeft = resolve
      if (this.#ended.signal.aborted) resolve()
      this.#ended.signal.addEventListener('abort', () => resolve(), { once: true })
    })
  }

  /** Calls out; resolves when answered, or with the status of the failed attempt. */
  async connect(
    route: Route,
    from: { readonly uri: string; readonly displayName?: string },
    timeoutMs: number,
    near?: number,
  ): Promise<CallStatus> {
    const { ports } = this
    const endpoint = await this.audio.open(near)
    const local = this.#local(endpoint.rtpPort)
    const offer = makeOffer(local)
    const giveUp = new AbortController()
    const timeout = ports.clock.sleep(timeoutMs, giveUp.signal).then(
      () => this.finishUnanswered('no-answer'),
      () => {},
    )
    const outcome = await this.leg.invite(route, from, offer, (status) => this.#progressed(status))
    giveUp.abort()
    await timeout
    return isFinal(this.record.status) ? this.record.status : this.#connected(outcome, offer)
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
    store.updateCall(this.record, outbox).then(
      () => outbox.length > 0 && outboxFilled(this.sid),
      (error) => events.bug(error, this.sid),
    )
  }

  async #connected(outcome: InviteOutcome, offer: string): Promise<CallStatus> {
    if (outcome.type === 'refused') {
      this.finish(statusOfRefusal(outcome.status), { type: 'hungUp' })
      return this.record.status
    }
    const selection = settleAnswer(offer, outcome.sdp)
    if (!selection.ok) {
      this.finish('failed', { type: 'end' })
      this.leg.hangUp()
      return this.record.status
    }
    await this.audio.configure(selection.value)
    if (!isFinal(this.record.status)) this.#markAnswered()
    return this.record.status
  }

  async #answer(): Promise<void> {
    const endpoint = await this.audio.open()
    const local = this.#local(endpoint.rtpPort)
    if (this.#offer === undefined) {
      const offer = makeOffer(local)
      const answer = await this.leg.accept(offer, true)
      const selection = settleAnswer(offer, answer)
      if (!selection.ok) throw new RouterError('ERR_SDP', 20500, selection.problem)
      await this.audio.configure(selection.value)
    } else {
      const answer = answerOffer(this.#offer, local)
      if (!answer.ok) throw new RouterError('ERR_SDP', 20500, answer.problem)
      await this.audio.configure(answer.value.selection)
      await this.leg.accept(answer.value.sdp, false)
    }
    if (!isFinal(this.record.status)) this.#markAnswered()
  }

  #markAnswered(): void {
    this.record.status = 'in-progress'
    this.record.startMs = this.ports.clock.nowMs()
    this.persist(callEvent(this.record, 'answered', this.ports))
  }

  #endBy(reason: StopReason): void {
    if (isFinal(this.record.status)) return
    this.finish(this.isAnswered ? 'completed' : 'no-answer', reason)
    this.leg.hangUp()
  }

  #progressed(status: number): void {
    if (status < 180 || this.record.status === 'ringing' || isFinal(this.record.status)) return
    this.record.status = 'ringing'
    this.persist(callEvent(this.record, 'ringing', this.ports))
  }

  async #answerReoffer(offer: string | undefined): Promise<string | undefined> {
    const endpoint = await this.audio.open()
    const local = this.#local(endpoint.rtpPort)
    if (offer === undefined) return makeOffer(local)
    const answer = answerOffer(offer, local)
    if (!answer.ok) return undefined
    await this.audio.configure(answer.value.selection)
    return answer.value.sdp
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

  async #carryOut(command: CallCommand): Promise<void> {
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
    this.#onLeft?.()
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
      address: this.ports.config.mediaAdvertisedAddress(this.#remoteAddress),
      port: rtpPort,
      sessionId: this.#sessionId,
      // RFC 3264 §8: grows with each description that we send.
      sessionVersion: this.#sessionVersion++,
    }
  }
}
