import { RouterError } from '../base/router-error.js'
import type { OverrideFault } from './overrides.js'

export interface ExchangeCounts {
  /** Requests that were sent, those to where redirects led included. */
  readonly tries: number
  readonly redirects: number
}

/** What the application said when it refused. */
export interface RefusedAnswer {
  readonly status: number
  readonly contentType: string
  /** The first 4 kB. */
  readonly body: Buffer
}

/** A request to an application that failed; `errorCode` is what the fallback URL is told (2F.3). */
export class WebhookError extends RouterError {
  override readonly name = 'WebhookError'
  readonly url: string
  /** Set by the client when it gives up. */
  counts: ExchangeCounts | undefined
  readonly answer: RefusedAnswer | undefined

  constructor(
    code: string,
    errorCode: number,
    url: string,
    message: string,
    options: ErrorOptions & { readonly answer?: RefusedAnswer } = {},
  ) {
    super(code, errorCode, message, options)
    this.url = url
    this.answer = options.answer
  }
}

/** A URL for messages, which are logged: neither user info nor query. */
export function withoutSecrets(url: string): string {
  return url.replace(/[?#].*$/s, '').replace(/^(https?:\/\/)[^/@]*@/i, '$1')
}

export const webhookErrors = {
  invalidUrl: (url: string, why: string) =>
    new WebhookError('ERR_WEBHOOK_URL', 11100, url, `Invalid URL ${withoutSecrets(url)}: ${why}`),
  override: (url: string, { errorCode, reason }: OverrideFault) =>
    new WebhookError(
      'ERR_WEBHOOK_OVERRIDE',
      errorCode,
      url,
      `Connection override in the fragment of ${withoutSecrets(url)}: ${reason}`,
    ),
  badStatus: (url: string, status: number, answer?: RefusedAnswer) =>
    new WebhookError(
      'ERR_WEBHOOK_STATUS',
      11200,
      url,
      `HTTP status ${status} from ${withoutSecrets(url)}`,
      answer && { answer },
    ),
  /** One part of the answer is missing for too long. */
  readTimeout: (url: string) =>
    new WebhookError(
      'ERR_WEBHOOK_READ_TIMEOUT',
      11200,
      url,
      `No answer in time from ${withoutSecrets(url)}`,
    ),
  circuitOpen: (url: string) =>
    new WebhookError(
      'ERR_WEBHOOK_CIRCUIT',
      11205,
      url,
      `Not sent to ${withoutSecrets(url)}: its host did not answer again and again; it is tried soon`,
    ),
  busy: (url: string) =>
    new WebhookError(
      'ERR_WEBHOOK_BUSY',
      11205,
      url,
      `Not sent to ${withoutSecrets(url)}: too many requests wait for a connection`,
    ),
  timeout: (url: string) =>
    new WebhookError(
      'ERR_WEBHOOK_TIMEOUT',
      11200,
      url,
      `No complete answer in time from ${withoutSecrets(url)}`,
    ),
  connection: (url: string, cause: unknown) =>
    new WebhookError(
      'ERR_WEBHOOK_CONNECTION',
      11205,
      url,
      `Could not connect to ${withoutSecrets(url)}`,
      {
        cause,
      },
    ),
  protocol: (url: string, cause: unknown) =>
    new WebhookError(
      'ERR_WEBHOOK_PROTOCOL',
      11206,
      url,
      `HTTP protocol violation by ${withoutSecrets(url)}`,
      {
        cause,
      },
    ),
  host: (url: string, why: string) =>
    new WebhookError(
      'ERR_WEBHOOK_HOST',
      11210,
      url,
      `Host of ${withoutSecrets(url)} refused: ${why}`,
    ),
  redirects: (url: string) =>
    new WebhookError(
      'ERR_WEBHOOK_REDIRECTS',
      11215,
      url,
      `Too many redirects at ${withoutSecrets(url)}`,
    ),
  tls: (url: string, cause: unknown) =>
    new WebhookError(
      'ERR_WEBHOOK_TLS',
      11220,
      url,
      `TLS handshake with ${withoutSecrets(url)} failed`,
      { cause },
    ),
  tooLarge: (url: string, bytesMax: number) =>
    new WebhookError(
      'ERR_WEBHOOK_SIZE',
      11750,
      url,
      `Response of ${withoutSecrets(url)} exceeds ${bytesMax} bytes`,
    ),
  contentType: (url: string, contentType: string) =>
    new WebhookError(
      'ERR_WEBHOOK_CONTENT_TYPE',
      12300,
      url,
      `Invalid Content-Type ${contentType || '(none)'} from ${withoutSecrets(url)}`,
    ),
}
