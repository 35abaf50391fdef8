import type { Clock } from '../base/clock.js'
import type { InviteCommand, LegCommand, LegEvent } from '../sip/leg-events.js'
import type { ForkedInvite, TrunkAttempt, TrunkInvite, TrunkSearch } from './ports.js'
import { mayTryAnother } from './trunk-outcome.js'

type Command = LegCommand | ForkedInvite | TrunkInvite

/** INVITEs one after another that are one leg to the rest of this folder. */
interface Hunt {
  readonly legId: string
  readonly invite: InviteCommand
  readonly search: TrunkSearch
  /** The leg of the engine that speaks for all. */
  currentId: string
  attempt: TrunkAttempt | undefined
  count: number
  /** The callee was rung, has answered, or is not wanted any more: no other gateway is tried. */
  isSettled: boolean
  isAnswered: boolean
  silence: AbortController
}

/**
 * Serial hunting: an INVITE that may go through several gateways tries one after another, until one is
 * answered or refused for good. Nobody rings twice: after 180, or early media, there is no other attempt.
 */
export class TrunkHunts {
  readonly #sip: { send(command: LegCommand | ForkedInvite): void }
  readonly #clock: Pick<Clock, 'sleep'>
  readonly #deliver: (event: LegEvent) => void
  readonly #hunts = new Map<string, Hunt>()
  readonly #huntOf = new Map<string, Hunt>()
  /** Attempts that were given up and are not over yet; they still hold their places. */
  readonly #abandoned = new Map<string, TrunkAttempt>()

  constructor(
    sip: { send(command: LegCommand | ForkedInvite): void },
    clock: Pick<Clock, 'sleep'>,
    deliver: (event: LegEvent) => void,
  ) {
    this.#sip = sip
    this.#clock = clock
    this.#deliver = deliver
  }

  /** INVITEs whose end is not known yet; for tests. */
  get size(): number {
    return this.#huntOf.size + this.#abandoned.size
  }

  /** The leg that others know one of the engine's by. */
  legIdOf(engineLegId: string): string {
    return this.#huntOf.get(engineLegId)?.legId ?? engineLegId
  }

  send(command: Command): void {
    if (command.type === 'invite' && 'trunk' in command) {
      this.#start(command)
      return
    }
    const hunt = this.#hunts.get(command.legId)
    if (!hunt) {
      this.#sip.send(command)
      return
    }
    if (command.type === 'hangUp') this.#settle(hunt)
    this.#sip.send({ ...command, legId: hunt.currentId })
  }

  /** The event as that of the one leg; undefined: nothing that it should hear. */
  receive(event: LegEvent): LegEvent | undefined {
    const isEnd = event.type === 'ended' || event.type === 'refused'
    const abandoned = this.#abandoned.get(event.legId)
    if (abandoned) {
      if (isEnd) this.#abandoned.delete(event.legId)
      if (isEnd) abandoned.release()
      return undefined
    }
    const hunt = this.#huntOf.get(event.legId)
    if (!hunt) return event
    if (event.type === 'progressed') this.#progressed(hunt, event)
    else if (event.type === 'answered') {
      this.#settle(hunt)
      hunt.isAnswered = true
      hunt.attempt?.report({ type: 'answered' })
    } else if (event.type === 'refused') {
      const { status, local: isLocal } = event
      hunt.attempt?.report({ type: 'refused', status, isLocal })
      if (this.#goOnAfter(hunt, status, isLocal)) return undefined
    } else if (event.type === 'ended' && !hunt.isAnswered) {
      hunt.attempt?.report({ type: 'canceled' })
    }
    const told = { ...event, legId: hunt.legId }
    if (isEnd) this.#end(hunt)
    return told
  }

  #start({ trunk, ...invite }: TrunkInvite): void {
    const { legId } = invite
    const silence = new AbortController()
    const hunt: Hunt = {
      ...{ legId, invite, search: trunk, silence },
      ...{ currentId: legId, attempt: undefined, count: 0, isSettled: false, isAnswered: false },
    }
    const attempt = trunk.next()
    if (attempt) {
      this.#hunts.set(legId, hunt)
      this.#try(hunt, attempt)
      return
    }
    const refusal = { status: 503, reason: 'No Gateway Free', headers: [], local: true } as const
    this.#deliver({ type: 'refused', legId, ...refusal })
  }

  #try(hunt: Hunt, attempt: TrunkAttempt): void {
    hunt.attempt = attempt
    hunt.count++
    hunt.currentId = hunt.count === 1 ? hunt.legId : `${hunt.legId}-${hunt.count}`
    hunt.silence = new AbortController()
    this.#huntOf.set(hunt.currentId, hunt)
    this.#clock.sleep(hunt.search.silenceMsMax, hunt.silence.signal).then(
      () => this.#silent(hunt),
      () => {},
    )
    const { credentials: _, nextHop: __, routes: ___, ...invite } = hunt.invite
    const { target, nextHop, routes, credentials } = attempt.route
    this.#sip.send({
      ...{ ...invite, legId: hunt.currentId, target },
      ...(nextHop === undefined ? {} : { nextHop }),
      ...(routes === undefined ? {} : { routes }),
      ...(credentials === undefined ? {} : { credentials }),
    })
  }

  #progressed(hunt: Hunt, event: LegEvent & { type: 'progressed' }): void {
    hunt.silence.abort()
    hunt.attempt?.heard()
    if (event.status === 180 || event.sdp !== undefined) hunt.isSettled = true
  }

  /** It may yet answer: it is left only for another one. */
  #silent(hunt: Hunt): void {
    if (hunt.isSettled) return
    hunt.attempt?.report({ type: 'silent' })
    const next = hunt.search.next()
    if (!next) return
    const { currentId } = hunt
    this.#huntOf.delete(currentId)
    if (hunt.attempt) this.#abandoned.set(currentId, hunt.attempt)
    this.#sip.send({ type: 'hangUp', legId: currentId })
    this.#try(hunt, next)
  }

  #goOnAfter(hunt: Hunt, status: number, isLocal: boolean): boolean {
    hunt.silence.abort()
    if (hunt.isSettled || !mayTryAnother(status, isLocal)) return false
    const next = hunt.search.next()
    if (!next) return false
    this.#huntOf.delete(hunt.currentId)
    hunt.attempt?.release()
    this.#try(hunt, next)
    return true
  }

  #settle(hunt: Hunt): void {
    hunt.isSettled = true
    hunt.silence.abort()
  }

  #end(hunt: Hunt): void {
    this.#settle(hunt)
    hunt.attempt?.release()
    this.#hunts.delete(hunt.legId)
    this.#huntOf.delete(hunt.currentId)
  }
}
