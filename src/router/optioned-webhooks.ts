import type { WebhookClient, WebhookExchange, WebhookRequest } from '../webhook/client.js'
import { type RequestOptions, withState } from '../webhook/request-options.js'
import { WebhookError } from '../webhook/webhook-error.js'
import type { Mirrors } from './mirrors.js'

export type OptionedRequest = WebhookRequest & {
  /** Of the call's number, or of the account; undefined: sent as usual. */
  readonly options?: RequestOptions | undefined
}

/** Sends requests as their options want it, and copies of them to mirrors. */
export class OptionedWebhooks {
  readonly #client: Pick<WebhookClient, 'fetch'>
  readonly #mirrors: Pick<Mirrors, 'send'>

  constructor(client: Pick<WebhookClient, 'fetch'>, mirrors: Pick<Mirrors, 'send'>) {
    this.#client = client
    this.#mirrors = mirrors
  }

  /** Throws WebhookError; rejects with the signal's reason when that aborts. */
  fetch(request: OptionedRequest, signal?: AbortSignal): Promise<WebhookExchange> {
    const { options } = request
    if (!options) return this.#client.fetch(request, signal)
    return this.#fetchAs(options, request, signal)
  }

  async #fetchAs(
    options: RequestOptions,
    request: WebhookRequest,
    signal: AbortSignal | undefined,
  ): Promise<WebhookExchange> {
    signal?.throwIfAborted()
    for (const url of options.mirrorUrls) {
      this.#mirrors.send(withState({ ...request, url }, options))
    }
    const sent = withState(request, options)
    try {
      const answer = await this.#client.fetch(sent, signal)
      // What a document leads to must not carry the state of this request along.
      const isSame = answer.url === withoutFragment(sent.url)
      return isSame ? { ...answer, url: withoutFragment(request.url) } : answer
    } catch (error) {
      if (error instanceof WebhookError && error.url === sent.url && sent.url !== request.url) {
        throw renamed(error, request.url)
      }
      throw error
    }
  }
}

function withoutFragment(url: string): string {
  return url.split('#', 1)[0] ?? ''
}

/** The same of the URL as the application knows it. */
function renamed(error: WebhookError, url: string): WebhookError {
  const { code, errorCode, message, cause, answer, counts } = error
  const more = answer ? { cause, answer } : { cause }
  const same = new WebhookError(code, errorCode, url, message, more)
  same.counts = counts
  return same
}
