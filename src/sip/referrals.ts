import type { Referral } from './referral.js'

/** Reports that are kept going for one call. */
const perLegMax = 4

/** The REFERs of peers that have no answer or no final report yet. */
export class Referrals {
  readonly #byId = new Map<string, Referral>()
  readonly #byLeg = new Map<string, Set<Referral>>()

  get size(): number {
    return this.#byId.size
  }

  /** Another has not been answered, or too many are reported on. */
  isBusy(legId: string): boolean {
    const others = this.#byLeg.get(legId)
    if (!others) return false
    return others.size >= perLegMax || [...others].some(({ isOpen }) => isOpen)
  }

  add(referral: Referral): void {
    const { id, legId } = referral
    this.#byId.set(id, referral)
    this.#byLeg.set(legId, (this.#byLeg.get(legId) ?? new Set()).add(referral))
  }

  get(referId: string): Referral | undefined {
    return this.#byId.get(referId)
  }

  /** The one of this leg that reports under this Event. */
  findByEvent(legId: string, event: string): Referral | undefined {
    return [...(this.#byLeg.get(legId) ?? [])].find((one) => one.event === event && !one.isOpen)
  }

  delete(referral: Referral): void {
    const { id, legId } = referral
    const others = this.#byLeg.get(legId)
    this.#byId.delete(id)
    others?.delete(referral)
    if (others?.size === 0) this.#byLeg.delete(legId)
  }

  /** The call is over: what was not answered is answered now; reports go on. */
  legEnded(legId: string): void {
    for (const referral of [...(this.#byLeg.get(legId) ?? [])]) referral.answer(481)
  }
}
