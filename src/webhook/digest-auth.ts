import {
  computeHa1,
  computeResponse,
  type DigestAlgorithm,
  digestAlgorithms,
} from '../base/digest.js'
import { type Challenge, parseChallenges } from './challenge.js'

export interface Credentials {
  readonly username: string
  readonly password: string
}

interface Nonce {
  readonly algorithm: DigestAlgorithm
  readonly ha1: string
  readonly realm: string
  readonly nonce: string
  readonly opaque: string | undefined
  readonly hasQop: boolean
  /** How often it was used. */
  count: number
}

export interface DigestRequest {
  /** Whose nonces these are; undefined: used once only. */
  readonly callSid: string | undefined
  readonly method: string
  /** As it is sent, without user info. */
  readonly url: URL
  readonly credentials: Credentials
}

const callsMax = 10_000
const noncesPerCall = 8

/** Answers the Digest challenges of applications (RFC 7616), and keeps their nonces while a call lasts. */
export class DigestAuth {
  readonly #makeCnonce: () => string
  /** By call, then by origin and user. Oldest first. */
  readonly #calls = new Map<string, Map<string, Nonce>>()

  constructor(makeCnonce: () => string) {
    this.#makeCnonce = makeCnonce
  }

  /** Authorization with a nonce that the application gave this call before. */
  again(request: DigestRequest): string | undefined {
    const nonces = request.callSid === undefined ? undefined : this.#calls.get(request.callSid)
    const nonce = nonces?.get(keyOf(request))
    return nonce && this.#authorization(nonce, request)
  }

  /** Authorization that answers WWW-Authenticate; undefined when we cannot. */
  answer(headers: readonly string[], request: DigestRequest): string | undefined {
    const nonce = bestNonce(parseChallenges(headers), request.credentials)
    if (!nonce) return undefined
    if (request.callSid !== undefined) this.#keep(request.callSid, keyOf(request), nonce)
    return this.#authorization(nonce, request)
  }

  drop(callSid: string): void {
    this.#calls.delete(callSid)
  }

  #keep(callSid: string, key: string, nonce: Nonce): void {
    const nonces = this.#calls.get(callSid) ?? new Map<string, Nonce>()
    if (!this.#calls.has(callSid)) {
      if (this.#calls.size >= callsMax) dropOldest(this.#calls)
      this.#calls.set(callSid, nonces)
    }
    if (nonces.size >= noncesPerCall && !nonces.has(key)) dropOldest(nonces)
    nonces.set(key, nonce)
  }

  #authorization(nonce: Nonce, { method, url, credentials }: DigestRequest): string {
    const { algorithm, ha1, realm, opaque, hasQop } = nonce
    const uri = url.pathname + url.search
    const nonceCount = (++nonce.count).toString(16).padStart(8, '0')
    const qop = hasQop ? { nonceCount, cnonce: this.#makeCnonce() } : undefined
    const input = { algorithm, ha1, method, uri, nonce: nonce.nonce }
    const response = computeResponse(qop ? { ...input, qop } : input)
    return [
      `Digest username=${quoted(credentials.username)}, realm=${quoted(realm)}`,
      `nonce=${quoted(nonce.nonce)}, uri=${quoted(uri)}, algorithm=${algorithm}`,
      `response="${response}"`,
      ...(qop ? [`qop=auth, nc=${nonceCount}, cnonce="${qop.cnonce}"`] : []),
      ...(opaque === undefined ? [] : [`opaque=${quoted(opaque)}`]),
    ].join(', ')
  }
}

function bestNonce(challenges: readonly Challenge[], credentials: Credentials): Nonce | undefined {
  for (const algorithm of digestAlgorithms) {
    for (const { scheme, params } of challenges) {
      const name = (params.get('algorithm') ?? 'MD5').toUpperCase()
      if (scheme !== 'digest' || name !== algorithm) continue
      const realm = params.get('realm')
      const nonce = params.get('nonce')
      const qop = params.get('qop')
      const hasQop = qop?.split(',').some((one) => one.trim().toLowerCase() === 'auth') ?? false
      if (realm === undefined || !nonce || (qop !== undefined && !hasQop)) continue
      const { username, password } = credentials
      const ha1 = computeHa1(algorithm, username, realm, password)
      return { algorithm, ha1, realm, nonce, opaque: params.get('opaque'), hasQop, count: 0 }
    }
  }
  return undefined
}

/** Credentials may differ between URLs of one host, and so may what they open. */
function keyOf({ url, credentials }: DigestRequest): string {
  return `${url.origin} ${credentials.username}:${credentials.password}`
}

function dropOldest(map: Map<string, unknown>): void {
  const [oldest] = map.keys()
  if (oldest !== undefined) map.delete(oldest)
}

function quoted(text: string): string {
  return `"${text.replace(/[\\"]/g, '\\$&')}"`
}
