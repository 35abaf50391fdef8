import { ok, type Result } from '../base/result.js'
import { RouterError } from '../base/router-error.js'
import type { LegAudio, MediaSelection } from './leg-audio.js'
import { answerOffer, reachable, type Settled, settleAnswer } from './media-description.js'
import { OwnSession } from './own-session.js'
import type { CallPorts } from './ports.js'
import type { SipLeg } from './sip-leg.js'

export type MayReach = (address: string) => boolean

/** The other side of a leg, as far as it is known when the call is made. */
export interface Remote {
  /** Where it signals from; '': not known yet. */
  readonly address: string
  /** The offer of an incoming INVITE; undefined: a late offer, or we called. */
  readonly offer?: string | undefined
  /** Where its media may be sent; undefined: anywhere. */
  readonly mayReach?: MayReach | undefined
}

/** Offers and answers of one leg, carried over to its endpoint. Every method may throw RouterError. */
export class LegMedia {
  readonly #audio: LegAudio
  readonly #ports: CallPorts
  #remote: Remote
  #session: OwnSession
  /** What we have answered before the call is: the answer stays that. */
  #early: string | undefined

  constructor(audio: LegAudio, ports: CallPorts, remote: Remote) {
    this.#audio = audio
    this.#ports = ports
    this.#remote = remote
    this.#session = new OwnSession(ports.ids)
  }

  /** Where the media of who is called may be sent, and whether it has to be encrypted. */
  allow(mayReach: MayReach | undefined, isSecure = false): void {
    this.#remote = { ...this.#remote, mayReach }
    this.#session.isSecure = isSecure
  }

  /** Who was called has answered from there. */
  answeredFrom(address: string): void {
    this.#remote = { ...this.#remote, address }
  }

  /** Another party takes the place of the other side. */
  meet(remote: Remote): void {
    this.#audio.changePeer()
    this.#remote = remote
    this.#session = new OwnSession(this.#ports.ids)
    this.#early = undefined
  }

  /** The other side of another leg moves here, in the dialog that it has. */
  inherit(other: LegMedia): void {
    this.#audio.changePeer()
    this.#remote = other.#remote
    this.#session = other.#session
  }

  /** An offer of ours. `to`: for the other side of that leg. */
  async offer(to: LegMedia = this, near?: number): Promise<string> {
    const { rtpPort } = await this.#audio.open(near)
    return to.#session.offer(to.#address, rtpPort)
  }

  /** Takes the answer to an offer of ours. */
  async settle(offer: string, answer: string | undefined): Promise<void> {
    const settled = settleAnswer(offer, answer)
    if (!settled.ok) throw new RouterError('ERR_SDP', 20500, settled.problem)
    await this.#settled(settled.value)
  }

  /** As `settle`, when it can be used; false: it cannot. */
  async settleEarly(offer: string, answer: string): Promise<boolean> {
    const settled = settleAnswer(offer, answer)
    if (settled.ok) await this.#settled(settled.value)
    return settled.ok
  }

  /** Lets the other side hear us while it rings; a late offer rings without media. */
  async ring(leg: SipLeg): Promise<void> {
    const theirs = this.#remote.offer
    if (theirs !== undefined && this.#early === undefined) {
      const answer = await this.#answer(theirs)
      if (answer.ok) this.#early = answer.value
    }
    leg.ring(this.#early)
  }

  /** Accepts the INVITE of the other side. */
  async accept(leg: SipLeg): Promise<void> {
    const theirs = this.#remote.offer
    if (theirs === undefined) {
      const offer = await this.offer()
      await this.settle(offer, await leg.accept(offer, true))
      return
    }
    const answer = this.#early === undefined ? await this.#answer(theirs) : ok(this.#early)
    if (!answer.ok) throw new RouterError('ERR_SDP', 20500, answer.problem)
    await leg.accept(answer.value, false)
  }

  /** The answer to an offer in the call, or the offer that was asked for; undefined: refused. */
  async answerReoffer(offer: string | undefined): Promise<string | undefined> {
    if (offer === undefined) return this.offer()
    const answer = await this.#answer(offer)
    return answer.ok ? answer.value : undefined
  }

  async #answer(offer: string): Promise<Result<string, string>> {
    const { rtpPort } = await this.#audio.open()
    const answer = answerOffer(offer, this.#session.describe(this.#address, rtpPort))
    if (!answer.ok) return answer
    await this.#configure(answer.value.selection)
    this.#session.answered(answer.value)
    return ok(answer.value.sdp)
  }

  async #settled({ answer, selection }: Settled): Promise<void> {
    await this.#configure(selection)
    this.#session.settled(answer, selection)
  }

  async #configure(selection: MediaSelection): Promise<void> {
    const { address, mayReach } = this.#remote
    const source = address === '' ? undefined : address
    const allowed = reachable(selection, { source, mayReach })
    if (!allowed) {
      throw new RouterError('ERR_SDP', 20500, 'media may not be sent to that address')
    }
    await this.#audio.configure(allowed)
  }

  get #address(): string {
    return this.#ports.config.mediaAdvertisedAddress(this.#remote.address)
  }
}
