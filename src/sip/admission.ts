import { computeResponse, type DigestAlgorithm } from '../base/digest.js'
import type { SipConfig } from './core.js'
import { algorithmOf, equalText, parseDigest } from './digest.js'
import type { HeaderField } from './events.js'
import { parseNumber, quote } from './grammar.js'
import type { Admitted } from './leg-events.js'
import { headerValues, type SipRequest } from './message.js'
import { domainOf } from './request-domain.js'
import { type Exchange, respond } from './respond.js'
import type { Stack } from './stack.js'
import { parseSipUri } from './uri.js'

export interface Credential {
  readonly username: string
  readonly nonce: string
  readonly nonceCount: number
  readonly algorithm: DigestAlgorithm
  readonly response: string
  readonly uri: string
  readonly expected: (ha1: string) => string
}

/** 401 with one challenge per algorithm (RFC 8760 §2.3). */
export function challenge(stack: Stack, exchange: Exchange, stale: boolean): void {
  const { core, nonces } = stack
  core.count('challenged')
  const nonce = nonces.make(core.nowMs)
  const headers: HeaderField[] = core.config.digestAlgorithms.map((algorithm) => ({
    name: 'WWW-Authenticate',
    value: [
      `Digest realm=${quote(core.config.realm)}, nonce="${nonce}", algorithm=${algorithm}`,
      `qop="auth"${stale ? ', stale=true' : ''}`,
    ].join(', '),
  }))
  respond(core, exchange, 401, { headers })
}

/** What the caller claims for our realm; undefined: nothing that we could check. */
export function claimedCredential(
  request: SipRequest,
  { realm, digestAlgorithms }: SipConfig,
): Credential | undefined {
  for (const value of headerValues(request.headers, 'Authorization')) {
    const params = parseDigest(value)
    if (!params || params.get('realm') !== realm) continue
    const algorithm = algorithmOf(params)
    const [username, nonce, uri, cnonce] = ['username', 'nonce', 'uri', 'cnonce'].map((name) =>
      params.get(name),
    )
    const count = params.get('nc') ?? ''
    const response = params.get('response')?.toLowerCase()
    // RFC 7616 §3.4: with qop, which we always offer; MD5 of RFC 2069 would allow replays.
    if (params.get('qop')?.toLowerCase() !== 'auth' || !/^[0-9a-f]{8}$/i.test(count)) continue
    // What was not offered is not taken: nobody chooses a weaker one for us.
    if (!algorithm || !digestAlgorithms.includes(algorithm)) continue
    if (!username || !nonce || !uri || !cnonce || !response) continue
    const { method } = request
    const qop = { nonceCount: count, cnonce }
    const expected = (ha1: string) => computeResponse({ algorithm, ha1, method, uri, nonce, qop })
    const nonceCount = Number.parseInt(count, 16)
    return { username, nonce, nonceCount, algorithm, response, uri, expected }
  }
  return undefined
}

const deviceMethods = new Set(['REGISTER', 'SUBSCRIBE'])

/**
 * Proves the caller by digest (RFC 7616 §3.4, RFC 3261 §22.4). The exchange has a transaction: a
 * retransmission of the same request never gets here, a replay in another one does and is refused.
 */
export function verify(
  stack: Stack,
  exchange: Exchange,
  credential: Credential,
  admitted: (admission: Admitted) => void,
): void {
  const { core, nonces } = stack
  const { username, algorithm } = credential
  const { realm } = core.config
  const { request, flow } = exchange
  const question = {
    ...{ realm, username, algorithm, flow },
    domain: domainOf(request),
    use: deviceMethods.has(request.method) ? 'registration' : 'call',
  } as const
  core.ask({ what: 'credential', ...question }, (answer) => {
    if (answer?.what !== 'credential') {
      respond(core, exchange, 503, { headers: [retryAfter(5)] })
      return
    }
    // An unknown user costs the same time as a wrong password.
    const expected = credential.expected(answer.ha1 ?? '0')
    const matches = equalText(expected, credential.response) && answer.ha1 !== undefined
    if (!matches || !isSameResource(credential.uri, exchange.request.uri)) {
      core.count('authenticationFailed')
      respond(core, exchange, 403)
      return
    }
    if (!nonces.use(credential.nonce, credential.nonceCount)) {
      challenge(stack, exchange, true)
      return
    }
    admitted({ trust: 'digest', username })
  })
}

/** RFC 7616 §3.4.6: the digest was made for this request; parameters may differ (RFC 3261 §22.4). */
function isSameResource(left: string, right: string): boolean {
  if (left === right) return true
  const leftUri = parseSipUri(left)
  const rightUri = parseSipUri(right)
  if (!leftUri || !rightUri) return false
  return leftUri.user === rightUri.user && leftUri.host === rightUri.host
}

export function retryAfter(seconds: number): HeaderField {
  return { name: 'Retry-After', value: String(parseNumber(String(seconds), 3600) ?? 0) }
}
