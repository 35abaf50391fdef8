import type { HeaderField } from '../sip/events.js'
import type { Invited, LegEvent } from '../sip/leg-events.js'
import type { Identity } from './identity.js'
import type { CallPorts, Route } from './ports.js'

export interface SipLegListener {
  readonly callSid: string
  /** The leg is over; called once. `canceled`: before it was answered. */
  ended(cause: 'bye' | 'canceled' | 'lost' | 'hungUp'): void
  /** An offer for media that changes; returns our answer. Undefined: refused. */
  reoffered(offer: string | undefined): Promise<string | undefined>
  /** The answer to an offer that we made because theirs was missing. */
  reanswered(offer: string, answer: string | undefined): void
  informed(contentType: string, body: string): void
  /** The other side asks to be replaced; `answerRefer` is the answer. */
  referred(referral: Referral): void
}

export type Referral = LegEvent & { readonly type: 'referred' }

export type InviteOutcome =
  | {
      readonly type: 'answered'
      readonly sdp: string | undefined
      readonly status: number
      readonly headers: readonly HeaderField[]
      readonly callId: string
      readonly sourceAddress: string
    }
  | {
      readonly type: 'refused'
      readonly status: number
      readonly reason: string
      readonly headers: readonly HeaderField[]
    }

/** What the party that we called has answered. */
export interface Dialled {
  /** SIP status. */
  readonly status: number
  /** Call-ID; undefined: it was refused. */
  readonly callId?: string
  /** Header fields that applications may see. */
  readonly headers: readonly (readonly [name: string, value: string])[]
}

/** What came of a REFER of ours. */
export interface ReferOutcome {
  /** Of the REFER itself; 408: no answer. */
  readonly status: number
  /** The last that the other side has heard from the new party; undefined: it told nothing. */
  readonly reported: number | undefined
}

/** The signalling of one leg: commands to the engine, and its events as promises. */
export class SipLeg {
  readonly legId: string
  readonly #ports: CallPorts
  #listener: SipLegListener
  readonly #onGone: (leg: SipLeg) => void
  #outcome: ((outcome: InviteOutcome) => void) | undefined
  #confirmed: ((sdp: string | undefined) => void) | undefined
  #reanswered:
    | ((answer: { readonly status: number; readonly sdp: string | undefined }) => void)
    | undefined
  #referring: { status: number | undefined; reported: number | undefined; done(): void } | undefined
  #progressed: ((status: number, sdp: string | undefined) => void) | undefined
  #isOver = false
  /** The engine has heard of this leg, and will tell its end. */
  #isKnown: boolean
  #isAccepted = false

  constructor(
    legId: string,
    ports: CallPorts,
    listener: SipLegListener,
    onGone: (leg: SipLeg) => void,
    isIncoming: boolean,
  ) {
    this.#isKnown = isIncoming
    this.legId = legId
    this.#ports = ports
    this.#listener = listener
    this.#onGone = onGone
  }

  /** Of the call that this is the leg of now. */
  get callSid(): string {
    return this.#listener.callSid
  }

  /** The leg becomes that of another call, which hears what happens from now on. */
  moveTo(listener: SipLegListener): void {
    this.#listener = listener
    this.#progressed = undefined
  }

  get isOver(): boolean {
    return this.#isOver
  }

  handle(event: LegEvent): void {
    switch (event.type) {
      case 'progressed':
        this.#progressed?.(event.status, event.sdp)
        return
      case 'answered':
        this.#settle(event)
        return
      case 'refused':
        this.#settle(event)
        this.#over('lost')
        return
      case 'confirmed':
        this.#confirmed?.(event.sdp)
        return
      case 'reoffered':
        void this.#answerReoffer(event.sdp)
        return
      case 'informed':
        this.#listener.informed(event.contentType, event.body)
        return
      case 'ended':
        this.#settle({ type: 'refused', status: 487, reason: event.cause, headers: [] })
        this.#over(causeOf(event.cause))
        return
      case 'reanswered':
        this.#settleReoffer(event)
        return
      case 'referred':
        this.#listener.referred(event)
        return
      case 'referAnswered':
      case 'referReported':
        this.#noteRefer(event)
        return
      case 'invited':
        return
      default:
        event satisfies never
    }
  }

  ring(sdp?: string): void {
    const progress = { type: 'progress', legId: this.legId } as const
    this.#ports.sip.send(
      sdp === undefined ? { ...progress, status: 180 } : { ...progress, status: 183, sdp },
    )
  }

  /** Answers an incoming INVITE. With `lateOffer` it resolves with the SDP of the ACK. */
  accept(sdp: string, lateOffer: boolean): Promise<string | undefined> {
    const confirmed = new Promise<string | undefined>((resolve) => {
      this.#confirmed = resolve
    })
    this.#isAccepted = true
    this.#ports.sip.send({ type: 'accept', legId: this.legId, sdp })
    return lateOffer ? confirmed : Promise.resolve(undefined)
  }

  /** Refuses an incoming INVITE; one that was accepted can only be hung up. */
  reject(status: number, headers: readonly HeaderField[] = []): void {
    if (this.#isAccepted) {
      this.hangUp()
      return
    }
    this.#ports.sip.send({ type: 'reject', legId: this.legId, status, headers })
  }

  /** Sends an INVITE; resolves with its final outcome. */
  invite(
    route: Route,
    { from, headers }: Identity,
    sdp: string,
    maxForwards: number,
    onProgress: (status: number, sdp: string | undefined) => void,
  ): Promise<InviteOutcome> {
    this.#progressed = onProgress
    this.#isKnown = true
    return new Promise((resolve) => {
      this.#outcome = resolve
      this.#ports.sip.send({
        type: 'invite',
        legId: this.legId,
        target: route.target,
        from,
        headers: [
          { name: 'Max-Forwards', value: String(maxForwards) },
          ...headers,
          ...(route.headers ?? []),
        ],
        sdp,
        ...(route.nextHop === undefined ? {} : { nextHop: route.nextHop }),
        ...(route.routes === undefined ? {} : { routes: route.routes }),
        ...(route.flow === undefined ? {} : { flow: route.flow }),
        ...(route.alternatives === undefined ? {} : { alternatives: route.alternatives }),
        ...(route.credentials === undefined ? {} : { credentials: route.credentials }),
        ...(route.trunk === undefined ? {} : { trunk: route.trunk }),
      })
    })
  }

  /** Its call is over: a leg that was never invited ends here. */
  release(): void {
    if (!this.#isKnown) this.#over('hungUp')
  }

  hangUp(): void {
    if (!this.#isOver) this.#ports.sip.send({ type: 'hangUp', legId: this.legId })
  }

  /** A new offer in an answered call; resolves with its outcome, 487 when the leg ends meanwhile. */
  reoffer(sdp: string): Promise<{ readonly status: number; readonly sdp: string | undefined }> {
    return new Promise((resolve) => {
      this.#settleReoffer({ status: 487, sdp: undefined })
      this.#reanswered = resolve
      this.#ports.sip.send({ type: 'reoffer', legId: this.legId, sdp })
      if (this.#isOver) this.#settleReoffer({ status: 487, sdp: undefined })
    })
  }

  /** Asks the other side to call `target` instead; resolves when it has told how that went. */
  refer(target: string, signal: AbortSignal): Promise<ReferOutcome> {
    return new Promise((resolve) => {
      const referring = {
        status: undefined as number | undefined,
        reported: undefined as number | undefined,
        done: () => {
          const { status = 408, reported } = referring
          signal.removeEventListener('abort', referring.done)
          if (this.#referring === referring) this.#referring = undefined
          resolve({ status, reported })
        },
      }
      this.#referring?.done()
      this.#referring = referring
      signal.addEventListener('abort', referring.done, { once: true })
      if (signal.aborted || this.#isOver) referring.done()
      else this.#ports.sip.send({ type: 'refer', legId: this.legId, target })
    })
  }

  answerRefer(referId: string, status: number): void {
    this.#ports.sip.send({ type: 'answerRefer', legId: this.legId, referId, status })
  }

  reportRefer(referId: string, status: number): void {
    this.#ports.sip.send({ type: 'reportRefer', legId: this.legId, referId, status })
  }

  #noteRefer(event: LegEvent & { type: 'referAnswered' | 'referReported' }): void {
    const referring = this.#referring
    if (!referring) return
    if (event.type === 'referAnswered') {
      referring.status = event.status
      if (event.status >= 300) referring.done()
      return
    }
    referring.reported = event.status ?? referring.reported
    // Reports may overtake the answer (RFC 6665 §4.1.2.4); they mean that it was accepted.
    if (event.isLast) {
      referring.status ??= 202
      referring.done()
    }
  }

  #settleReoffer(answer: { readonly status: number; readonly sdp: string | undefined }): void {
    this.#reanswered?.(answer)
    this.#reanswered = undefined
  }

  async #answerReoffer(offer: string | undefined): Promise<void> {
    const sdp = await this.#listener.reoffered(offer).catch(() => undefined)
    if (offer === undefined && sdp !== undefined) {
      this.#confirmed = (theirs) => this.#listener.reanswered(sdp, theirs)
    }
    const answer = { type: 'answerReoffer', legId: this.legId } as const
    this.#ports.sip.send(sdp === undefined ? answer : { ...answer, sdp })
  }

  #settle(outcome: InviteOutcome): void {
    this.#outcome?.(outcome)
    this.#outcome = undefined
  }

  #over(cause: Parameters<SipLegListener['ended']>[0]): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#settleReoffer({ status: 487, sdp: undefined })
    this.#referring?.done()
    this.#onGone(this)
    this.#listener.ended(cause)
  }
}

/** Of a leg that its call has given away. */
export function deafListener(callSid: string): SipLegListener {
  return {
    callSid,
    ended() {},
    reoffered: async () => undefined,
    reanswered() {},
    informed() {},
    referred() {},
  }
}

function causeOf(cause: (LegEvent & { type: 'ended' })['cause']) {
  if (cause === 'bye' || cause === 'canceled' || cause === 'hungUp') return cause
  return 'lost'
}

/** Headers that applications may see: X-… as SipHeader_X-…, first value of each, bounded. */
export function visibleHeaders(invited: Pick<Invited, 'headers'>): (readonly [string, string])[] {
  const seen = new Map<string, string>()
  for (const { name, value } of invited.headers) {
    if (!/^x-/i.test(name) || seen.has(name) || seen.size >= 32) continue
    seen.set(name, value.slice(0, 1024))
  }
  return [...seen]
}
