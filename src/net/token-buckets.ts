/** One token bucket per source, a bounded number of them; the longest unseen is forgotten first. */
export class TokenBuckets {
  readonly #ratePerSecond: number
  readonly #burst: number
  readonly #sourcesMax: number
  readonly #buckets = new Map<string, { tokens: number; atMs: number }>()

  constructor(ratePerSecond: number, burst: number, sourcesMax: number) {
    this.#ratePerSecond = ratePerSecond
    this.#burst = burst
    this.#sourcesMax = sourcesMax
  }

  get size(): number {
    return this.#buckets.size
  }

  /** False when the source has used up its tokens. */
  take(source: string, nowMs: number): boolean {
    const bucket = this.#buckets.get(source) ?? { tokens: this.#burst, atMs: nowMs }
    const earned = (Math.max(0, nowMs - bucket.atMs) * this.#ratePerSecond) / 1000
    bucket.tokens = Math.min(this.#burst, bucket.tokens + earned)
    bucket.atMs = nowMs
    this.#buckets.delete(source)
    this.#buckets.set(source, bucket)
    if (this.#buckets.size > this.#sourcesMax) {
      const [oldest] = this.#buckets.keys()
      if (oldest !== undefined) this.#buckets.delete(oldest)
    }
    if (bucket.tokens < 1) return false
    bucket.tokens--
    return true
  }
}
