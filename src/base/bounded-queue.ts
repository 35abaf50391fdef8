/** A first-in first-out queue with a limit: `offer` refuses instead of growing. */
export class BoundedQueue<Item> {
  readonly limit: number
  #items: (Item | undefined)[] = []
  #head = 0

  constructor(limit: number) {
    this.limit = limit
  }

  get length(): number {
    return this.#items.length - this.#head
  }

  /** False when the queue is full; the item was then not taken. */
  offer(item: Item): boolean {
    if (this.length >= this.limit) return false
    this.#items.push(item)
    return true
  }

  take(): Item | undefined {
    if (this.length === 0) return undefined
    const item = this.#items[this.#head]
    this.#items[this.#head++] = undefined
    if (this.#head > 32 && this.#head * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#head)
      this.#head = 0
    }
    return item
  }
}
