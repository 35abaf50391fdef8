import { createHash, timingSafeEqual } from 'node:crypto'
import {
  computeHa1,
  computeResponse,
  type DigestAlgorithm,
  digestAlgorithms,
} from '../base/digest.js'
import { endOfQuoted, isToken, quote, splitOutside, unquote } from './grammar.js'

/** Compares in a time that depends only on the lengths. */
export function equalText(left: string, right: string): boolean {
  const leftHash = createHash('sha256').update(left).digest()
  const rightHash = createHash('sha256').update(right).digest()
  return timingSafeEqual(leftHash, rightHash)
}

/** `Digest name=value, name="value"` as a map with lower-case names; undefined for other schemes. */
export function parseDigest(value: string): ReadonlyMap<string, string> | undefined {
  const scheme = /^digest[ \t]+/i.exec(value)
  if (!scheme) return undefined
  const parts = splitOutside(value.slice(scheme[0].length), ',')
  if (!parts) return undefined
  const params = new Map<string, string>()
  for (const part of parts) {
    const equals = part.indexOf('=')
    const name = part.slice(0, Math.max(0, equals)).trim().toLowerCase()
    const text = part.slice(equals + 1).trim()
    const quoted = text.startsWith('"')
    if (!isToken(name) || params.has(name)) return undefined
    if (quoted && endOfQuoted(text, 0) !== text.length) return undefined
    params.set(name, unquote(text))
  }
  return params
}

export function algorithmOf(params: ReadonlyMap<string, string>): DigestAlgorithm | undefined {
  const name = (params.get('algorithm') ?? 'MD5').toUpperCase()
  return digestAlgorithms.find((algorithm) => algorithm === name)
}

export interface ClientCredentials {
  readonly username: string
  readonly password: string
}

/** The Authorization value that answers a challenge (RFC 7616 §3.4, RFC 8760 §2.4). */
export function answerChallenge(
  challenge: ReadonlyMap<string, string>,
  credentials: ClientCredentials,
  request: { readonly method: string; readonly uri: string },
  cnonce: string,
): string | undefined {
  const algorithm = algorithmOf(challenge)
  const realm = challenge.get('realm')
  const nonce = challenge.get('nonce')
  if (!algorithm || realm === undefined || nonce === undefined) return undefined
  const offered = challenge.get('qop')
  const auth = offered?.split(',').some((qop) => qop.trim().toLowerCase() === 'auth')
  if (offered !== undefined && !auth) return undefined
  const { username, password } = credentials
  const ha1 = computeHa1(algorithm, username, realm, password)
  const qop = auth ? { nonceCount: '00000001', cnonce } : undefined
  const base = { algorithm, ha1, nonce, ...request }
  const response = computeResponse(qop ? { ...base, qop } : base)
  const opaque = challenge.get('opaque')
  return [
    `Digest username=${quote(username)}, realm=${quote(realm)}, nonce=${quote(nonce)}`,
    `uri=${quote(request.uri)}, response="${response}", algorithm=${algorithm}`,
    ...(qop ? [`qop=auth, nc=${qop.nonceCount}, cnonce="${qop.cnonce}"`] : []),
    ...(opaque === undefined ? [] : [`opaque=${quote(opaque)}`]),
  ].join(', ')
}
