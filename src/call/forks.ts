import type { LegCommand, LegEvent } from '../sip/leg-events.js'
import type { ForkedInvite } from './ports.js'

/** Several INVITEs that are one leg to the rest of this folder. */
interface Group {
  readonly legId: string
  /** Those whose end is not known yet. */
  readonly open: Set<string>
  /** The one that has the call. */
  winner: string | undefined
  /** What is told when all have failed. */
  best: LegEvent | undefined
  /** Its end has been told. */
  isOver: boolean
}

/** For the devices that rang in vain (RFC 3326 §2). */
const completedElsewhere = 'SIP;cause=200;text="Call completed elsewhere"'

/**
 * Parallel forking (RFC 3261 §16.7, as the caller sees it): an INVITE with alternatives rings all of
 * them; the first 2xx has the call and the others are canceled. Everything else passes through.
 */
export class Forks {
  readonly #sip: { send(command: LegCommand): void }
  readonly #groups = new Map<string, Group>()
  readonly #groupOf = new Map<string, Group>()

  constructor(sip: { send(command: LegCommand): void }) {
    this.#sip = sip
  }

  /** INVITEs whose end is not known yet; for tests. */
  get size(): number {
    return this.#groupOf.size
  }

  /** The leg that this one is a part of, or itself. */
  legIdOf(legId: string): string {
    return this.#groupOf.get(legId)?.legId ?? legId
  }

  send(command: LegCommand | ForkedInvite): void {
    if (command.type === 'invite' && 'alternatives' in command) {
      this.#start(command)
      return
    }
    const group = this.#groups.get(command.legId)
    if (!group) this.#sip.send(command)
    else if (group.winner !== undefined) this.#sip.send({ ...command, legId: group.winner })
    else for (const legId of [...group.open]) this.#sip.send({ ...command, legId })
  }

  /** The event as that of the one leg; undefined: nothing that it should hear. */
  receive(event: LegEvent): LegEvent | undefined {
    const group = this.#groupOf.get(event.legId)
    if (!group) return event
    const isEnd = event.type === 'ended' || event.type === 'refused'
    if (isEnd) this.#forget(group, event.legId)
    const told = { ...event, legId: group.legId }
    if (group.isOver) return undefined
    if (group.winner !== undefined) {
      if (event.legId !== group.winner) return undefined
      if (isEnd) this.#close(group)
      return told
    }
    if (event.type === 'answered') {
      group.winner = event.legId
      this.#hangUpOthers(group, completedElsewhere)
      return told
    }
    if (isEnd) return this.#failed(group, told)
    // Several may send media before the answer; none of them speaks for the others.
    return told.type === 'progressed' ? { ...told, sdp: undefined } : told
  }

  #start(command: ForkedInvite): void {
    const { alternatives = [], ...first } = command
    const { flow, nextHop, routes, target, ...shared } = first
    const commands = [first, ...alternatives.map((way) => ({ ...shared, ...way }))]
    const members = commands.map((one, index) => ({ ...one, legId: `${command.legId}-${index}` }))
    const open = new Set(members.map(({ legId }) => legId))
    const group = { legId: command.legId, open, winner: undefined, best: undefined, isOver: false }
    this.#groups.set(group.legId, group)
    for (const legId of open) this.#groupOf.set(legId, group)
    for (const member of members) this.#sip.send(member)
  }

  /** RFC 3261 §16.7, step 6: the best of all failures, or at once the one that speaks for all. */
  #failed(group: Group, failure: LegEvent): LegEvent | undefined {
    if (!group.best || rank(failure) > rank(group.best)) group.best = failure
    const speaksForAll = failure.type === 'refused' && failure.status >= 600
    if (speaksForAll) this.#hangUpOthers(group)
    if (group.open.size > 0 && !speaksForAll) return undefined
    this.#close(group)
    return group.best
  }

  #hangUpOthers(group: Group, reason?: string): void {
    for (const legId of group.open) {
      if (legId === group.winner) continue
      this.#sip.send({ type: 'hangUp', legId, ...(reason === undefined ? {} : { reason }) })
    }
  }

  #close(group: Group): void {
    group.isOver = true
    this.#groups.delete(group.legId)
  }

  #forget(group: Group, legId: string): void {
    group.open.delete(legId)
    this.#groupOf.delete(legId)
  }
}

/** What says most of several failures: declined, busy, other refusals, faults, silence. */
function rank(failure: LegEvent): number {
  if (failure.type !== 'refused') return 0
  if (failure.local) return 1
  if (failure.status >= 600) return 5
  if (failure.status === 486) return 4
  return failure.status < 500 ? 3 : 2
}
