import type { Core } from './core.js'
import { algorithmOf, answerChallenge, type ClientCredentials, parseDigest } from './digest.js'
import type { HeaderField } from './events.js'
import { headerValues, type SipRequest, type SipResponse } from './message.js'

/** The field that answers the challenge of a 401 or 407; undefined when there is none we can answer. */
export function authorize(
  core: Core,
  request: SipRequest,
  response: SipResponse,
  credentials: ClientCredentials,
): HeaderField | undefined {
  const { status, headers } = response
  if (status !== 401 && status !== 407) return undefined
  const proxy = status === 407
  const name = proxy ? 'Proxy-Authenticate' : 'WWW-Authenticate'
  // RFC 8760 §2.4: the topmost challenge whose algorithm we know.
  for (const value of headerValues(headers, name)) {
    const challenge = parseDigest(value)
    if (!challenge || !algorithmOf(challenge)) continue
    const answer = answerChallenge(challenge, credentials, request, core.config.ids.hex(8))
    if (answer) return { name: proxy ? 'Proxy-Authorization' : 'Authorization', value: answer }
  }
  return undefined
}

/** True when the server says that only the nonce was too old (RFC 7616 §3.3, stale). */
export function isStale(response: SipResponse): boolean {
  const values = [
    ...headerValues(response.headers, 'WWW-Authenticate'),
    ...headerValues(response.headers, 'Proxy-Authenticate'),
  ]
  return values.some((value) => parseDigest(value)?.get('stale')?.toLowerCase() === 'true')
}
