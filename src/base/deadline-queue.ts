interface Entry<Key> {
  readonly deadlineMs: number
  readonly key: Key
}

/**
 * The earliest of many deadlines, one per key. A binary heap with lazy deletion: setting and clearing
 * cost O(log n), and an entry that was replaced is dropped when it surfaces. The heap is rebuilt when
 * stale entries outnumber live ones, so memory stays proportional to the keys.
 */
export class DeadlineQueue<Key> {
  #heap: Entry<Key>[] = []
  readonly #deadlines = new Map<Key, number>()

  get size(): number {
    return this.#deadlines.size
  }

  /** The earliest deadline [ms]; Infinity when there is none. */
  get deadlineMs(): number {
    this.#dropStale()
    return this.#heap[0]?.deadlineMs ?? Number.POSITIVE_INFINITY
  }

  /** Sets or moves the deadline of `key`; Infinity clears it. */
  set(key: Key, deadlineMs: number): void {
    if (deadlineMs === Number.POSITIVE_INFINITY) {
      this.delete(key)
      return
    }
    if (this.#deadlines.get(key) === deadlineMs) return
    this.#deadlines.set(key, deadlineMs)
    this.#push({ deadlineMs, key })
    if (this.#heap.length > 64 && this.#heap.length > 2 * this.#deadlines.size) this.#rebuild()
  }

  delete(key: Key): void {
    this.#deadlines.delete(key)
  }

  /** Removes and returns one key whose deadline has come, or undefined. */
  takeDue(nowMs: number): Key | undefined {
    this.#dropStale()
    const first = this.#heap[0]
    if (!first || first.deadlineMs > nowMs) return undefined
    this.#pop()
    this.#deadlines.delete(first.key)
    return first.key
  }

  #dropStale(): void {
    for (;;) {
      const first = this.#heap[0]
      if (!first || this.#deadlines.get(first.key) === first.deadlineMs) return
      this.#pop()
    }
  }

  #rebuild(): void {
    this.#heap = []
    for (const [key, deadlineMs] of this.#deadlines) this.#push({ deadlineMs, key })
  }

  #push(entry: Entry<Key>): void {
    const heap = this.#heap
    let index = heap.length
    heap.push(entry)
    while (index > 0) {
      const parent = (index - 1) >> 1
      const above = heap[parent] as Entry<Key>
      if (above.deadlineMs <= entry.deadlineMs) break
      heap[index] = above
      index = parent
    }
    heap[index] = entry
  }

  #pop(): void {
    const heap = this.#heap
    const last = heap.pop()
    if (!last || heap.length === 0) return
    let index = 0
    for (;;) {
      let child = 2 * index + 1
      if (child >= heap.length) break
      const right = child + 1
      if (right < heap.length && at(heap, right) < at(heap, child)) child = right
      if (at(heap, child) >= last.deadlineMs) break
      heap[index] = heap[child] as Entry<Key>
      index = child
    }
    heap[index] = last
  }
}

function at<Key>(heap: readonly Entry<Key>[], index: number): number {
  return (heap[index] as Entry<Key>).deadlineMs
}
