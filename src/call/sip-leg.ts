import type { HeaderField } from '../sip/events.js'
import type { Invited, LegEvent } from '../sip/leg-events.js'
import type { CallPorts, Route } from './ports.js'

export interface SipLegListener {
  /** The leg is over; called once. `canceled`: before it was answered. */
  ended(cause: 'bye' | 'canceled' | 'lost' | 'hungUp'): void
  /** An offer for media that changes; returns our answer. Undefined: refused. */
  reoffered(offer: string | undefined): Promise<string | undefined>
  /** The answer to an offer that we made because theirs was missing. */
  reanswered(offer: string, answer: string | undefined): void
  informed(contentType: string, body: string): void
}

export type InviteOutcome =
  | { readonly type: 'answered'; readonly sdp: string | undefined; readonly callId: string }
  | { readonly type: 'refused'; readonly status: number; readonly reason: string }

/** The signalling of one leg: commands to the engine, and its events as promises. */
export class SipLeg {
  readonly legId: string
  readonly #ports: CallPorts
  readonly #listener: SipLegListener
  readonly #onGone: (leg: SipLeg) => void
  #outcome: ((outcome: InviteOutcome) => void) | undefined
  #confirmed: ((sdp: string | undefined) => void) | undefined
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

  get isOver(): boolean {
    return this.#isOver
  }

  handle(event: LegEvent): void {
    switch (event.type) {
      case 'progressed':
        this.#progressed?.(event.status, event.sdp)
        return
      case 'answered':
        this.#settle({ type: 'answered', sdp: event.sdp, callId: event.callId })
        return
      case 'refused':
        this.#settle({ type: 'refused', status: event.status, reason: event.reason })
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
        this.#settle({ type: 'refused', status: 487, reason: event.cause })
        this.#over(causeOf(event.cause))
        return
      case 'invited':
      case 'reanswered':
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
    from: { readonly uri: string; readonly displayName?: string },
    sdp: string,
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
        sdp,
        ...(route.nextHop === undefined ? {} : { nextHop: route.nextHop }),
        ...(route.routes === undefined ? {} : { routes: route.routes }),
        ...(route.flow === undefined ? {} : { flow: route.flow }),
        ...(route.alternatives === undefined ? {} : { alternatives: route.alternatives }),
        ...(route.credentials === undefined ? {} : { credentials: route.credentials }),
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
    this.#onGone(this)
    this.#listener.ended(cause)
  }
}

function causeOf(cause: (LegEvent & { type: 'ended' })['cause']) {
  if (cause === 'bye' || cause === 'canceled' || cause === 'hungUp') return cause
  return 'lost'
}

/** Headers that applications may see: X-… as SipHeader_X-…, first value of each, bounded. */
export function visibleHeaders(invited: Invited): (readonly [string, string])[] {
  const seen = new Map<string, string>()
  for (const { name, value } of invited.headers) {
    if (!/^x-/i.test(name) || seen.has(name) || seen.size >= 32) continue
    seen.set(name, value.slice(0, 1024))
  }
  return [...seen]
}
