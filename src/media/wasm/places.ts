/** Numbered places of the plane and their ids: a place is taken again only under another id. */
const placeMask = 0xffff
const generationsMax = 1023

export class Places {
  readonly #count: number
  readonly #generations = new Map<number, number>()
  readonly #free: number[] = []
  #fresh = 0

  constructor(count: number) {
    this.#count = count
  }

  /** 0: all are taken. */
  take(): number {
    const place = this.#fresh < this.#count ? this.#fresh++ : this.#free.pop()
    if (place === undefined) return 0
    const generation = ((this.#generations.get(place) ?? 0) % generationsMax) + 1
    this.#generations.set(place, generation)
    return (generation << 16) | place
  }

  giveBack(id: number): void {
    this.#free.push(id & placeMask)
  }
}
