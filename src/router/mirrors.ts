import type { WebhookClient, WebhookRequest } from '../webhook/client.js'

export type MirrorOutcome = 'answered' | 'failed' | 'dropped'

export interface MirrorLimits {
  /** Copies under way to one host for one account. */
  readonly activePerHost: number
  /** Copies that wait for these. */
  readonly waitingPerHost: number
  /** Copies under way or waiting, to all hosts. */
  readonly copiesMax: number
}

const normalLimits: MirrorLimits = { activePerHost: 32, waitingPerHost: 500, copiesMax: 5_000 }

interface Lane {
  active: number
  readonly waiting: WebhookRequest[]
}

/**
 * Sends copies of requests to mirrors. Nobody waits for them and nothing of their answers is used: what finds
 * no room is dropped, what fails is not tried again, and both are counted.
 */
export class Mirrors {
  readonly #client: Pick<WebhookClient, 'fetch'>
  readonly #ended: (outcome: MirrorOutcome) => void
  readonly #limits: MirrorLimits
  /** By account and origin; those with something to do. */
  readonly #lanes = new Map<string, Lane>()
  readonly #stop = new AbortController()
  #copies = 0

  constructor(
    client: Pick<WebhookClient, 'fetch'>,
    ended: (outcome: MirrorOutcome) => void,
    limits: Partial<MirrorLimits> = {},
  ) {
    this.#client = client
    this.#ended = ended
    this.#limits = { ...normalLimits, ...limits }
  }

  /** Copies under way or waiting. */
  get size(): number {
    return this.#copies
  }

  /** `request`: with the URL of the mirror. */
  send(request: WebhookRequest): void {
    if (!URL.canParse(request.url) || this.#stop.signal.aborted) {
      this.#ended('dropped')
      return
    }
    const key = `${request.accountSid} ${new URL(request.url).origin}`
    const lane = this.#lanes.get(key) ?? { active: 0, waiting: [] }
    const isFull =
      lane.active >= this.#limits.activePerHost &&
      lane.waiting.length >= this.#limits.waitingPerHost
    if (isFull || this.#copies >= this.#limits.copiesMax) {
      this.#ended('dropped')
      return
    }
    this.#lanes.set(key, lane)
    this.#copies++
    lane.waiting.push(copyOf(request))
    this.#next(key, lane)
  }

  /** Gives up what has not left yet. */
  close(): void {
    this.#stop.abort(new Error('shutting down'))
    for (const { waiting } of this.#lanes.values()) {
      this.#copies -= waiting.length
      for (const _copy of waiting.splice(0)) this.#ended('dropped')
    }
  }

  #next(key: string, lane: Lane): void {
    while (lane.active < this.#limits.activePerHost) {
      const copy = lane.waiting.shift()
      if (!copy) break
      lane.active++
      void this.#send(copy).then((outcome) => {
        lane.active--
        this.#copies--
        this.#ended(outcome)
        this.#next(key, lane)
      })
    }
    if (lane.active === 0) this.#lanes.delete(key)
  }

  async #send(copy: WebhookRequest): Promise<MirrorOutcome> {
    try {
      await this.#client.fetch(copy, this.#stop.signal)
      return 'answered'
    } catch {
      return 'failed'
    }
  }
}

/** Signed for its own URL, without cookies, and in one try. */
function copyOf(request: WebhookRequest): WebhookRequest {
  const { url, method, parameters, authToken, idempotencyToken, headers } = request
  return {
    ...{ method, parameters, authToken, idempotencyToken, headers },
    url: `${url}${url.includes('#') ? '&' : '#'}rc=0`,
    // As of another account: a mirror that is slow or dead costs the application on the same host neither
    // connections nor its circuit.
    accountSid: `${request.accountSid} mirror`,
    callSid: undefined,
    wants: 'document',
  }
}
