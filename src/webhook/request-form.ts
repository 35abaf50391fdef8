import type { WebhookRequest } from './client.js'
import type { Credentials } from './digest-auth.js'
import { signature, signedUrl } from './signature.js'
import { webhookErrors } from './webhook-error.js'

/** A request in the form in which it is sent. */
export interface RequestForm {
  /** As sent, and as signed but for the port of https: without user info and fragment. */
  readonly wire: URL
  readonly credentials: Credentials | undefined
  /** Undefined: a GET, with the parameters in the query. */
  readonly body: string | undefined
  readonly headers: { readonly [name: string]: string }
}

/** Throws WebhookError for a URL that cannot be asked. */
export function requestForm(webhook: WebhookRequest, userAgent: string): RequestForm {
  if (!URL.canParse(webhook.url)) throw webhookErrors.invalidUrl(webhook.url, 'not an absolute URL')
  const wire = new URL(webhook.url)
  if (wire.protocol !== 'http:' && wire.protocol !== 'https:') {
    throw webhookErrors.invalidUrl(webhook.url, 'only http and https')
  }
  if (wire.hostname.includes('_')) throw webhookErrors.host(webhook.url, 'underscore in the name')
  const credentials = credentialsOf(wire)
  wire.hash = ''
  wire.username = ''
  wire.password = ''
  const fields = webhook.parameters.map(([name, value]): [string, string] => [name, value])
  const form = new URLSearchParams(fields).toString()
  const isPost = webhook.method === 'POST'
  if (!isPost && form) wire.search = wire.search ? `${wire.search}&${form}` : `?${form}`
  return {
    wire,
    credentials,
    body: isPost ? form : undefined,
    headers: {
      ...webhook.headers,
      accept: '*/*',
      'user-agent': userAgent,
      'x-twilio-signature': signature(
        webhook.authToken,
        signedUrl(wire.href),
        isPost ? webhook.parameters : [],
      ),
      'i-twilio-idempotency-token': webhook.idempotencyToken,
      ...(isPost ? { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' } : {}),
    },
  }
}

/** RFC 7617. */
export function basicAuthorization({ username, password }: Credentials): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`
}

function credentialsOf({ username, password }: URL): Credentials | undefined {
  if (username === '') return undefined
  return { username: unescaped(username), password: unescaped(password) }
}

/** As written when an escape is malformed. */
function unescaped(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
