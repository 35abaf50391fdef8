import type { Clock } from '../base/clock.js'
import type { WebhookExchange } from '../webhook/client.js'
import { WebhookError } from '../webhook/webhook-error.js'
import type { CallEventLog } from './call-event-log.js'
import type { OptionedRequest, OptionedWebhooks } from './optioned-webhooks.js'

export type LoggedRequest = OptionedRequest & {
  /** The call whose log shows it, when that is not `callSid`. */
  readonly loggedWith?: string
}

/** Sends webhooks and writes down in the call's event log what came of each. */
export class LoggedWebhooks {
  readonly #client: Pick<OptionedWebhooks, 'fetch'>
  readonly #log: Pick<CallEventLog, 'exchange'>
  readonly #clock: Clock

  constructor(
    client: Pick<OptionedWebhooks, 'fetch'>,
    log: Pick<CallEventLog, 'exchange'>,
    clock: Clock,
  ) {
    this.#client = client
    this.#log = log
    this.#clock = clock
  }

  async fetch(request: LoggedRequest, signal?: AbortSignal): Promise<WebhookExchange> {
    const startMs = this.#clock.monotonicMs()
    try {
      const answer = await this.#client.fetch(request, signal)
      this.#write(request, startMs, { error: undefined, ...answer })
      return answer
    } catch (error) {
      const none = { status: undefined, contentType: undefined, body: undefined, isCached: false }
      if (error instanceof WebhookError) {
        const { answer, counts = { tries: 0, redirects: 0 } } = error
        this.#write(request, startMs, { ...none, ...answer, ...counts, error })
      } else if (signal?.aborted) {
        const reason = { errorCode: undefined, message: 'Given up: it was not wanted any more' }
        this.#write(request, startMs, { ...none, tries: 1, redirects: 0, error: reason })
      }
      throw error
    }
  }

  #write(
    request: LoggedRequest,
    startMs: number,
    outcome: Pick<WebhookExchange, 'tries' | 'redirects' | 'isCached'> & {
      readonly status: number | undefined
      readonly contentType: string | undefined
      readonly body: Buffer | undefined
      readonly error:
        | { readonly errorCode: number | undefined; readonly message: string }
        | undefined
    },
  ): void {
    const { callSid, loggedWith = callSid, method, url, parameters, wants } = request
    if (loggedWith === undefined) return
    const durationMs = this.#clock.monotonicMs() - startMs
    const { status, contentType, body, tries, redirects, isCached, error } = outcome
    const hash = url.indexOf('#')
    this.#log.exchange(
      { sid: loggedWith },
      {
        method,
        url: hash < 0 ? url : url.slice(0, hash),
        parameters,
        durationMs,
        status,
        contentType,
        body,
        tries,
        redirects,
        isCached,
        error,
        isDocument: callSid !== undefined && wants !== 'sound',
      },
    )
  }
}
