import type { IncomingHttpHeaders } from 'node:http'
import { type FormFields, validate } from './validate.js'

export interface VerificationOptions {
  /** The account's; else DIALPLANE_AUTH_TOKEN or TWILIO_AUTH_TOKEN of the environment. */
  readonly authToken?: string | undefined
  /** The URL that the router asks, where it cannot be told from the request. */
  readonly url?: string | undefined
  /** Host, with its port if it has one, that the router asks. */
  readonly host?: string | undefined
  readonly protocol?: 'http' | 'https' | undefined
  /** Whether X-Forwarded-Proto, -Host and -Port are those of your own proxy. */
  readonly trustProxy?: boolean | undefined
  /** A larger body is refused [bytes]. */
  readonly bodyBytesMax?: number | undefined
}

/** What is known of a request, whatever the framework. */
export interface ReceivedWebhook {
  readonly headers: IncomingHttpHeaders
  readonly protocol: string
  /** Path and query as they were received. */
  readonly target: string
  /** The fields of a form, or the bytes of another body. */
  readonly body: FormFields | string | Uint8Array
}

export interface Refusal {
  readonly status: 400 | 403 | 413 | 500
  readonly message: string
}

export const bodyBytesMaxNormal = 262_144

/** Undefined: the request is from the router. */
export function verify(
  request: ReceivedWebhook,
  options: VerificationOptions,
): Refusal | undefined {
  const signature = first(request.headers['x-twilio-signature'])
  if (!signature) {
    return { status: 400, message: 'The request has no signature (X-Twilio-Signature).' }
  }
  const { DIALPLANE_AUTH_TOKEN, TWILIO_AUTH_TOKEN } = process.env
  const authToken = options.authToken || DIALPLANE_AUTH_TOKEN || TWILIO_AUTH_TOKEN
  if (!authToken) {
    return { status: 500, message: 'The auth token that verifies signatures is not configured.' }
  }
  const url = urlOf(request, options)
  const isValid = validate(authToken, signature, url, request.body)
  return isValid ? undefined : { status: 403, message: 'The signature is not valid.' }
}

function urlOf({ headers, protocol, target }: ReceivedWebhook, options: VerificationOptions) {
  if (options.url !== undefined) {
    const question = target.indexOf('?')
    const hasQuery = options.url.includes('?') || question < 0
    return hasQuery ? options.url : options.url + target.slice(question)
  }
  const forwarded = (name: string) =>
    options.trustProxy ? first(headers[`x-forwarded-${name}`])?.split(',', 1)[0]?.trim() : undefined
  const scheme = options.protocol ?? forwarded('proto') ?? protocol
  const host = options.host ?? forwarded('host') ?? headers.host ?? ''
  const port = options.host === undefined ? forwarded('port') : undefined
  const isMissing = port !== undefined && /^\d{1,5}$/.test(port) && !/:\d+$/.test(host)
  return `${scheme}://${host}${isMissing ? `:${port}` : ''}${target}`
}

function first(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header[0] : header
}
