import { createHash } from 'node:crypto'

/** RFC 7616 §3.2, RFC 8760 §2.2: the algorithms of digest that we speak, best first. */
export type DigestAlgorithm = 'SHA-256' | 'MD5'

export const digestAlgorithms: readonly DigestAlgorithm[] = ['SHA-256', 'MD5']

export function hashHex(algorithm: DigestAlgorithm, text: string): string {
  return createHash(algorithm === 'MD5' ? 'md5' : 'sha256')
    .update(text, 'utf8')
    .digest('hex')
}

/** RFC 7616 §3.4.2, A1 for algorithms without -sess. */
export function computeHa1(
  algorithm: DigestAlgorithm,
  username: string,
  realm: string,
  password: string,
): string {
  return hashHex(algorithm, `${username}:${realm}:${password}`)
}

export interface DigestInput {
  readonly algorithm: DigestAlgorithm
  readonly ha1: string
  readonly method: string
  readonly uri: string
  readonly nonce: string
  /** Undefined: without qop (RFC 2617 §3.2.2.1, for old servers). */
  readonly qop?: { readonly nonceCount: string; readonly cnonce: string }
}

/** The response of RFC 7616 §3.4.1 with qop=auth, or without qop. */
export function computeResponse(input: DigestInput): string {
  const ha2 = hashHex(input.algorithm, `${input.method}:${input.uri}`)
  const { qop } = input
  const middle = qop ? `${input.nonce}:${qop.nonceCount}:${qop.cnonce}:auth` : input.nonce
  return hashHex(input.algorithm, `${input.ha1}:${middle}:${ha2}`)
}
