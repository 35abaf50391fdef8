import type { CacheRules } from './cache-rules.js'
import type { WebhookResponse } from './client.js'

interface Kept {
  readonly response: WebhookResponse
  readonly validator: string | undefined
  readonly freshUntilMs: number
}

export interface CacheOwner {
  readonly accountSid: string
  readonly callSid: string | undefined
}

/**
 * Documents that were answered to a GET (RFC 9111). Accounts share nothing: what one may fetch with its
 * signature another may not; what is `private` stays with its call.
 */
export class DocumentCache {
  readonly #bytesMax: number
  /** Least recently used first. */
  readonly #kept = new Map<string, Kept>()
  #bytes = 0

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax
  }

  find(owner: CacheOwner, url: string): Kept | undefined {
    const key = this.#kept.has(keyOf(owner, url, true))
      ? keyOf(owner, url, true)
      : keyOf(owner, url)
    const kept = this.#kept.get(key)
    if (!kept) return undefined
    this.#kept.delete(key)
    this.#kept.set(key, kept)
    return kept
  }

  put(
    owner: CacheOwner,
    url: string,
    response: WebhookResponse,
    rules: CacheRules,
    nowMs: number,
  ): void {
    for (const isPrivate of [true, false]) this.#remove(keyOf(owner, url, isPrivate))
    const { validator, freshMs, isPrivate, isUncacheable } = rules
    if (isUncacheable || (!validator && freshMs === 0)) return
    // Nothing names whose it is.
    if (isPrivate && owner.callSid === undefined) return
    const key = keyOf(owner, url, isPrivate)
    this.#kept.set(key, { response, validator, freshUntilMs: nowMs + freshMs })
    this.#bytes += costOf(key, response)
    for (const oldest of this.#kept.keys()) {
      if (this.#bytes <= this.#bytesMax) return
      this.#remove(oldest)
    }
  }

  #remove(key: string): void {
    const kept = this.#kept.get(key)
    if (!kept) return
    this.#kept.delete(key)
    this.#bytes -= costOf(key, kept.response)
  }
}

function keyOf({ accountSid, callSid = '' }: CacheOwner, url: string, isPrivate = false): string {
  return `${accountSid} ${isPrivate ? callSid : ''} ${url}`
}

/** With what an entry needs besides. */
function costOf(key: string, response: WebhookResponse): number {
  return key.length + response.body.length + 500
}
