import type { Core } from './core.js'
import type { ClientCredentials } from './digest.js'
import { authorize, isStale } from './digest-client.js'
import type { HeaderField } from './events.js'
import type { SipRequest, SipResponse } from './message.js'

const authorizationsMax = 3

/** What one request has answered to the challenges that it met (RFC 3261 §22). */
export class Challenges {
  readonly #core: Core
  readonly #credentials: ClientCredentials | undefined
  #fields: HeaderField[] = []
  #count = 0

  constructor(core: Core, credentials: ClientCredentials | undefined) {
    this.#core = core
    this.#credentials = credentials
  }

  /** The fields for the next attempt. */
  get fields(): readonly HeaderField[] {
    return this.#fields
  }

  /**
   * True when the request is worth another attempt (§22.2): at another hop, or at the same one again only
   * when just the nonce was stale.
   */
  answer(request: SipRequest, response: SipResponse): boolean {
    if (!this.#credentials || this.#count >= authorizationsMax) return false
    const field = authorize(this.#core, request, response, this.#credentials)
    if (!field) return false
    const known = this.#fields.some(({ name }) => name === field.name)
    if (known && !isStale(response)) return false
    this.#count++
    this.#fields = [...this.#fields.filter(({ name }) => name !== field.name), field]
    return true
  }
}
