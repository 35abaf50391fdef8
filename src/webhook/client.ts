import { type Agent, request } from 'undici'
import type { AddressPolicy } from '../base/address-policy.js'
import { CookieJars } from './cookies.js'
import { createGuardedAgent } from './guarded-agent.js'
import { type Parameters, signature, signedUrl } from './signature.js'
import { translateFailure } from './translate-failure.js'
import { type WebhookError, webhookErrors } from './webhook-error.js'

export type WebhookMethod = 'GET' | 'POST'

export interface WebhookRequest {
  /** Absolute http or https URL. */
  readonly url: string
  readonly method: WebhookMethod
  readonly parameters: Parameters
  readonly accountSid: string
  /** Names the cookie jar; undefined: without cookies, for requests that may come after the call. */
  readonly callSid: string | undefined
  /** What is wanted: a document of at most 64 kB, or audio. */
  readonly wants?: 'document' | 'sound'
  /** The account's key for the signature. */
  readonly authToken: string
  /** The same on every try of the same request. */
  readonly idempotencyToken: string
  /** Sent to revalidate a cached answer. */
  readonly etag?: string
}

export interface WebhookResponse {
  /** Where the answer came from, after redirects; relative URLs resolve against it. */
  readonly url: string
  readonly status: number
  /** Media type without parameters, lower-case; '' when absent. */
  readonly contentType: string
  /** Of the text, as the media type names it. */
  readonly charset?: string | undefined
  readonly etag: string | undefined
  readonly maxAgeMs: number | undefined
  readonly body: Buffer
}

export interface WebhookClientOptions {
  readonly policy: AddressPolicy
  readonly userAgent: string
  readonly connectTimeoutMs?: number
  readonly totalTimeoutMs?: number
  readonly documentBytesMax?: number
  readonly mediaBytesMax?: number
  /** Serves a URL of our own without a connection (a recording named by its own URI). */
  readonly serveOwn?: (url: URL, accountSid: string) => Promise<WebhookResponse | undefined>
}

const redirectsMax = 10
const connectTriesMax = 2

/**
 * Sends signed requests to applications: one retry when the connection fails, redirects as browsers
 * follow them, cookies per call, and limits on time, size and destination (contract 2D).
 */
export class WebhookClient {
  readonly #options: WebhookClientOptions
  readonly #agent: Agent
  readonly #jars = new CookieJars(20_000)
  readonly #totalTimeoutMs: number

  constructor(options: WebhookClientOptions) {
    this.#options = options
    this.#totalTimeoutMs = options.totalTimeoutMs ?? 15_000
    this.#agent = createGuardedAgent(options.policy, {
      connectTimeoutMs: options.connectTimeoutMs ?? 5_000,
      connectionsPerHost: 64,
    })
  }

  /** Throws WebhookError; rejects with the signal's reason when that aborts. */
  async fetch(webhook: WebhookRequest, signal?: AbortSignal): Promise<WebhookResponse> {
    signal?.throwIfAborted()
    const stop = new AbortController()
    const onAbort = () => stop.abort(signal?.reason)
    const timer = setTimeout(() => stop.abort(tooLate()), this.#totalTimeoutMs)
    signal?.addEventListener('abort', onAbort, { once: true })
    try {
      let next = webhook
      for (let redirects = 0; redirects <= redirectsMax; redirects++) {
        const answer = await this.#fetchOnce(next, stop.signal, signal)
        if (!('location' in answer)) return answer
        next = redirected(next, answer)
      }
      throw webhookErrors.redirects(webhook.url)
    } finally {
      clearTimeout(timer)
      signal?.removeEventListener('abort', onAbort)
    }
  }

  forget(callSid: string): void {
    this.#jars.drop(callSid)
  }

  async close(): Promise<void> {
    await this.#agent.destroy()
  }

  async #fetchOnce(webhook: WebhookRequest, combined: AbortSignal, signal?: AbortSignal) {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#exchange(webhook, combined)
      } catch (error) {
        if (signal?.aborted) throw signal.reason
        const failure = translateFailure(webhook.url, error)
        if (!isRetryable(failure) || attempt >= connectTriesMax || combined.aborted) throw failure
      }
    }
  }

  async #exchange(
    webhook: WebhookRequest,
    signal: AbortSignal,
  ): Promise<WebhookResponse | Redirect> {
    const { url, wire, body } = prepare(webhook)
    const own = await this.#options.serveOwn?.(wire, webhook.accountSid)
    if (own) return own
    const { callSid } = webhook
    const cookie = callSid === undefined ? '' : await this.#jars.header(callSid, wire.href)
    const response = await request(stripped(wire), {
      dispatcher: this.#agent,
      method: webhook.method,
      signal,
      body,
      headers: {
        ...headersOf(webhook, url, body),
        'user-agent': this.#options.userAgent,
        ...(cookie ? { cookie } : {}),
      },
    })
    if (callSid !== undefined) {
      await this.#jars.store(callSid, wire.href, response.headers['set-cookie'])
    }
    const location = response.headers.location
    const status = response.statusCode
    if ([301, 302, 303, 307, 308].includes(status) && typeof location === 'string') {
      await response.body.dump({ limit: 65_536 })
      return { status, location }
    }
    if ((status < 200 || status > 299) && status !== 304) {
      await response.body.dump({ limit: 65_536 })
      throw webhookErrors.badStatus(webhook.url, status)
    }
    const type = single(response.headers['content-type'])
    const contentType = mediaType(type)
    const isSound = webhook.wants === 'sound' || contentType.startsWith('audio/')
    const bytesMax = isSound
      ? (this.#options.mediaBytesMax ?? 64_000_000)
      : (this.#options.documentBytesMax ?? 65_536)
    const bytes = await readBody(response.body, bytesMax, webhook.url)
    return {
      // Without the parameters of a GET: what resolves against it would repeat them each time.
      url: withoutFragment(webhook.url),
      status,
      contentType,
      charset: /;\s*charset="?([\w.:-]{1,40})/i.exec(type ?? '')?.[1],
      etag: single(response.headers.etag),
      maxAgeMs: maxAgeMs(single(response.headers['cache-control'])),
      body: bytes,
    }
  }
}

function tooLate(): DOMException {
  return new DOMException('no complete answer in time', 'TimeoutError')
}

interface Redirect {
  readonly status: number
  readonly location: string
}

/** 301, 302 and 303 turn a POST into a GET without its parameters; 307 and 308 repeat it. */
function redirected(webhook: WebhookRequest, redirect: Redirect): WebhookRequest {
  if (!URL.canParse(redirect.location, webhook.url)) {
    throw webhookErrors.invalidUrl(redirect.location, 'bad Location of a redirect')
  }
  const url = new URL(redirect.location, webhook.url).href
  if (redirect.status >= 307) return { ...webhook, url }
  return { ...webhook, url, method: 'GET', parameters: [] }
}

function prepare(webhook: WebhookRequest): { url: string; wire: URL; body: string | null } {
  if (!URL.canParse(webhook.url)) throw webhookErrors.invalidUrl(webhook.url, 'not an absolute URL')
  const wire = new URL(webhook.url)
  wire.hash = ''
  if (wire.protocol !== 'http:' && wire.protocol !== 'https:') {
    throw webhookErrors.invalidUrl(webhook.url, 'only http and https')
  }
  if (wire.hostname.includes('_')) throw webhookErrors.host(webhook.url, 'underscore in the name')
  const fields = webhook.parameters.map(([name, value]): [string, string] => [name, value])
  const form = new URLSearchParams(fields).toString()
  if (webhook.method === 'GET') {
    if (form) wire.search = wire.search ? `${wire.search}&${form}` : `?${form}`
    return { url: wire.href, wire, body: null }
  }
  return { url: wire.href, wire, body: form }
}

function headersOf(webhook: WebhookRequest, url: string, body: string | null) {
  const { username, password } = new URL(url)
  const credentials = `${unescaped(username)}:${unescaped(password)}`
  return {
    accept: '*/*',
    'x-twilio-signature': signature(
      webhook.authToken,
      signedUrl(url),
      body === null ? [] : webhook.parameters,
    ),
    'i-twilio-idempotency-token': webhook.idempotencyToken,
    ...(body === null
      ? {}
      : { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' }),
    ...(webhook.etag ? { 'if-none-match': webhook.etag } : {}),
    ...(username ? { authorization: `Basic ${Buffer.from(credentials).toString('base64')}` } : {}),
  }
}

function withoutFragment(url: string): string {
  const plain = new URL(url)
  plain.hash = ''
  return plain.href
}

/** As written when an escape is malformed. */
function unescaped(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

function stripped(wire: URL): URL {
  const url = new URL(wire.href)
  url.username = ''
  url.password = ''
  return url
}

async function readBody(
  stream: AsyncIterable<Buffer>,
  bytesMax: number,
  url: string,
): Promise<Buffer> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of stream) {
    bytes += chunk.length
    if (bytes > bytesMax) throw webhookErrors.tooLarge(url, bytesMax)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

function isRetryable(failure: WebhookError): boolean {
  return failure.code === 'ERR_WEBHOOK_CONNECTION'
}

function mediaType(header: string | undefined): string {
  return (header?.split(';', 1)[0] ?? '').trim().toLowerCase()
}

function single(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header[0] : header
}

function maxAgeMs(cacheControl: string | undefined): number | undefined {
  if (cacheControl === undefined) return undefined
  if (/\bno-(cache|store)\b/i.test(cacheControl)) return 0
  const seconds = /\bmax-age=(\d{1,9})\b/i.exec(cacheControl)?.[1]
  return seconds === undefined ? undefined : Number(seconds) * 1000
}
