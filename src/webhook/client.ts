import { randomBytes } from 'node:crypto'
import { request } from 'undici'
import type { AddressPolicy } from '../base/address-policy.js'
import {
  type AnswerLimits,
  dump,
  type HttpAnswer,
  type Redirect,
  readAnswer,
  redirectOf,
} from './answer.js'
import { cacheRules, conditionOf } from './cache-rules.js'
import { CookieJars } from './cookies.js'
import { DigestAuth } from './digest-auth.js'
import { DocumentCache } from './document-cache.js'
import { type HostLimits, Hosts, type Permit } from './hosts.js'
import { type ConnectionSettings, normalSettings, parseOverrides } from './overrides.js'
import { basicAuthorization, type RequestForm, requestForm } from './request-form.js'
import type { Parameters } from './signature.js'
import type { Spool, SpooledBody } from './spool.js'
import { overStaleConnections } from './stale-connections.js'
import { outcomeOf, retryCauseOf, translateFailure } from './translate-failure.js'
import { type ExchangeCounts, type WebhookError, webhookErrors } from './webhook-error.js'

export type WebhookMethod = 'GET' | 'POST'

export interface WebhookRequest {
  /** Absolute http or https URL; its fragment may say how it is sent (see overrides.ts). */
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
  /** More header fields: none that the client sets itself. */
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** Sent to ask whether what the caller keeps still holds. */
  readonly validator?: string | undefined
  /** Takes a large sound; without it all of it comes as `body`. */
  readonly spool?: Spool | undefined
}

export interface WebhookResponse {
  /** Where the answer came from, after redirects; relative URLs resolve against it. */
  readonly url: string
  readonly status: number
  /** Media type without parameters, lower-case; '' when absent. */
  readonly contentType: string
  /** Of the text, as the media type names it. */
  readonly charset?: string | undefined
  /** ETag, else Last-Modified; undefined when it must not be kept for other calls. */
  readonly validator: string | undefined
  /** For how long it may be kept without asking again [ms]. */
  readonly maxAgeMs: number | undefined
  /** Empty when it is in `file`. */
  readonly body: Buffer
  readonly file?: SpooledBody
}

export interface WebhookExchange extends WebhookResponse, ExchangeCounts {
  /** The application was not asked, or said that nothing has changed. */
  readonly isCached: boolean
}

export interface WebhookClientOptions {
  readonly policy: AddressPolicy
  readonly userAgent: string
  readonly connectTimeoutMs?: number
  readonly totalTimeoutMs?: number
  readonly documentBytesMax?: number
  readonly mediaBytesMax?: number
  readonly cacheBytesMax?: number
  readonly hosts?: Partial<HostLimits>
  /** Monotonic time, for what is kept or refused for a while [ms]. */
  readonly nowMs?: () => number
  /** Serves a URL of our own without a connection (a recording named by its own URI). */
  readonly serveOwn?: (url: URL, accountSid: string) => Promise<WebhookResponse | undefined>
}

/** What is counted while a request and what it leads to are carried out. */
interface Progress {
  readonly settings: ConnectionSettings
  tries: number
  redirects: number
}

const redirectsMax = 10
/** A server may call a nonce stale that it gave a moment ago, but not for ever. */
const challengesMax = 2

type Answered = { readonly response: WebhookResponse; readonly isCached: boolean }

/**
 * Sends signed requests to applications: retries as the URL wants them, redirects as browsers follow
 * them, cookies per call, Basic and Digest, and limits on time, size and destination (contract 2D).
 */
export class WebhookClient {
  readonly #options: WebhookClientOptions
  readonly #normal: ConnectionSettings
  readonly #answerLimits: AnswerLimits
  readonly #nowMs: () => number
  readonly #hosts: Hosts
  readonly #jars = new CookieJars(20_000)
  readonly #digest = new DigestAuth(() => randomBytes(8).toString('hex'))
  readonly #documents: DocumentCache

  constructor(options: WebhookClientOptions) {
    const { connectTimeoutMs, totalTimeoutMs, documentBytesMax, mediaBytesMax } = options
    this.#options = options
    this.#normal = {
      ...normalSettings,
      connectTimeoutMs: connectTimeoutMs ?? normalSettings.connectTimeoutMs,
      totalTimeoutMs: totalTimeoutMs ?? normalSettings.totalTimeoutMs,
    }
    this.#answerLimits = {
      documentBytesMax: documentBytesMax ?? 65_536,
      mediaBytesMax: mediaBytesMax ?? 64_000_000,
    }
    this.#nowMs = options.nowMs ?? (() => performance.now())
    this.#hosts = new Hosts(options.policy, this.#nowMs, options.hosts)
    this.#documents = new DocumentCache(options.cacheBytesMax ?? 16_000_000)
  }

  /** Hosts of accounts that get no requests for now, because they did not answer. */
  get openCircuits(): number {
    return this.#hosts.openCircuits
  }

  /** Throws WebhookError; rejects with the signal's reason when that aborts. */
  async fetch(webhook: WebhookRequest, signal?: AbortSignal): Promise<WebhookExchange> {
    signal?.throwIfAborted()
    const overrides = parseOverrides(webhook.url, this.#normal)
    if (!overrides.ok) throw webhookErrors.override(webhook.url, overrides.problem)
    const progress = { settings: overrides.value, tries: 0, redirects: 0 }
    const stop = new AbortController()
    const onAbort = () => stop.abort(signal?.reason)
    const timer = setTimeout(() => stop.abort(tooLate()), overrides.value.totalTimeoutMs)
    signal?.addEventListener('abort', onAbort, { once: true })
    try {
      const { response, isCached } = await this.#follow(webhook, progress, stop.signal)
      return { isCached, tries: progress.tries, redirects: progress.redirects, ...response }
    } catch (error) {
      if (signal?.aborted) throw signal.reason
      const failure = translateFailure(webhook.url, error)
      failure.counts = { tries: progress.tries, redirects: progress.redirects }
      throw failure
    } finally {
      clearTimeout(timer)
      signal?.removeEventListener('abort', onAbort)
    }
  }

  forget(callSid: string): void {
    this.#jars.drop(callSid)
    this.#digest.drop(callSid)
  }

  async close(): Promise<void> {
    await this.#hosts.close()
  }

  async #follow(webhook: WebhookRequest, progress: Progress, signal: AbortSignal) {
    for (let next = webhook; ; progress.redirects++) {
      if (progress.redirects > redirectsMax) throw webhookErrors.redirects(webhook.url)
      const answer = await this.#retry(next, progress, signal)
      if (!('location' in answer)) return answer
      next = redirected(next, answer)
    }
  }

  async #retry(webhook: WebhookRequest, progress: Progress, signal: AbortSignal) {
    const { retriesMax, retryOn } = progress.settings
    let last: WebhookError | undefined
    for (;;) {
      try {
        return await this.#answerTo(webhook, progress, signal)
      } catch (error) {
        const failure = translateFailure(webhook.url, error)
        // The circuit has opened meanwhile: what opened it says more.
        if (last && failure.code === 'ERR_WEBHOOK_CIRCUIT') throw last
        const cause = retryCauseOf(failure)
        const isOver = progress.tries - progress.redirects > retriesMax || signal.aborted
        if (!cause || !retryOn.has(cause) || isOver) throw failure
        last = failure
      }
    }
  }

  /** From what is at hand, or from the application. */
  async #answerTo(
    webhook: WebhookRequest,
    progress: Progress,
    signal: AbortSignal,
  ): Promise<Answered | Redirect> {
    const form = requestForm(webhook, this.#options.userAgent)
    const own = await this.#options.serveOwn?.(form.wire, webhook.accountSid)
    if (own) return { response: own, isCached: false }
    if (webhook.method === 'POST' || webhook.wants === 'sound' || webhook.validator) {
      return this.#ask(webhook, form, webhook.validator, progress, signal)
    }
    // With user info: who has none shall not see what it opened.
    const { username, password } = new URL(webhook.url)
    const key = `${username}:${password}@${form.wire.href}`
    const kept = this.#documents.find(webhook, key)
    if (kept && kept.freshUntilMs > this.#nowMs()) {
      return { response: kept.response, isCached: true }
    }
    const answer = await this.#ask(webhook, form, kept?.validator, progress, signal)
    if ('location' in answer) return answer
    const isUnchanged = kept !== undefined && answer.response.status === 304
    const response = isUnchanged ? kept.response : answer.response
    if (response.status === 200) {
      const rules = isUnchanged
        ? { ...answer.rules, validator: answer.rules.validator ?? kept.validator }
        : answer.rules
      this.#documents.put(webhook, key, response, rules, this.#nowMs())
    }
    return { response, isCached: isUnchanged }
  }

  /** One try: waits for a connection and tells the circuit of the host what came of it. */
  async #ask(
    webhook: WebhookRequest,
    form: RequestForm,
    validator: string | undefined,
    progress: Progress,
    signal: AbortSignal,
  ) {
    const { settings } = progress
    const permit = await this.#hosts.enter(webhook.accountSid, form.wire, settings, signal)
    progress.tries++
    try {
      const answer = await this.#send(webhook, form, validator, settings, permit, signal)
      const redirect = redirectOf(answer)
      if (redirect) {
        await dump(answer)
        permit.end('answered')
        return redirect
      }
      const wants = webhook.wants ?? 'document'
      const response = await readAnswer(
        answer,
        webhook.url,
        wants,
        this.#answerLimits,
        webhook.spool,
      )
      permit.end('answered')
      return { response, isCached: false, rules: cacheRules(answer.headers) }
    } catch (error) {
      const failure = translateFailure(webhook.url, error)
      permit.end(outcomeOf(failure, settings, this.#normal, signal))
      throw failure
    }
  }

  /** Sends it, and once more with the answer to a challenge. */
  async #send(
    webhook: WebhookRequest,
    form: RequestForm,
    validator: string | undefined,
    settings: ConnectionSettings,
    permit: Permit,
    signal: AbortSignal,
  ): Promise<HttpAnswer> {
    const { wire, credentials, body } = form
    const { callSid, method } = webhook
    const login = credentials && { callSid, method, url: wire, credentials }
    let authorization =
      login && (this.#digest.again(login) ?? basicAuthorization(login.credentials))
    for (let challenges = 0; ; challenges++) {
      const cookie = callSid === undefined ? '' : await this.#jars.header(callSid, wire.href)
      const answer = await overStaleConnections(() =>
        request(wire, {
          dispatcher: permit.dispatcher,
          method,
          signal,
          body: body ?? null,
          headersTimeout: settings.readTimeoutMs,
          bodyTimeout: settings.readTimeoutMs,
          headers: {
            ...form.headers,
            ...(validator === undefined ? {} : conditionOf(validator)),
            ...(authorization === undefined ? {} : { authorization }),
            ...(cookie ? { cookie } : {}),
          },
        }),
      )
      const { statusCode, headers } = answer
      if (callSid !== undefined) {
        await this.#jars.store(callSid, wire.href, headers['set-cookie'])
      }
      const challenge = headers['www-authenticate']
      if (statusCode !== 401 || !login || !challenge || challenges >= challengesMax) return answer
      authorization = this.#digest.answer([challenge].flat(), login)
      if (authorization === undefined) return answer
      await dump(answer)
    }
  }
}

function tooLate(): DOMException {
  return new DOMException('no complete answer in time', 'TimeoutError')
}

/**
 * 301, 302 and 303 turn a POST into a GET without its parameters; 307 and 308 repeat it. User info stays
 * with its origin, also when the Location is absolute.
 */
function redirected(webhook: WebhookRequest, redirect: Redirect): WebhookRequest {
  if (!URL.canParse(redirect.location, webhook.url)) {
    throw webhookErrors.invalidUrl(redirect.location, 'bad Location of a redirect')
  }
  const from = new URL(webhook.url)
  const to = new URL(redirect.location, from)
  if (to.origin === from.origin && to.username === '') {
    to.username = from.username
    to.password = from.password
  }
  if (redirect.status >= 307) return { ...webhook, url: to.href }
  return { ...webhook, url: to.href, method: 'GET', parameters: [], headers: undefined }
}
