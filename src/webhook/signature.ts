import { createHmac, timingSafeEqual } from 'node:crypto'

/** Parameters in the order of sending; a name may occur several times. */
export type Parameters = readonly (readonly [name: string, value: string])[]

/**
 * The URL that is signed for a voice webhook: as put on the wire, without user info and fragment, and
 * without the port when the scheme is https (contract 2E).
 */
export function signedUrl(url: string): string {
  const signed = new URL(url)
  signed.username = ''
  signed.password = ''
  signed.hash = ''
  if (signed.protocol === 'https:') signed.port = ''
  return signed.href
}

/**
 * X-Twilio-Signature: base64 of HMAC-SHA1 over the URL and each distinct name and value, names then
 * values in byte order (contract 2E). `parameters` are the form fields of a POST; empty for GET.
 */
export function signature(authToken: string, url: string, parameters: Parameters): string {
  const values = new Map<string, Set<string>>()
  for (const [name, value] of parameters) {
    const known = values.get(name)
    if (known) known.add(value)
    else values.set(name, new Set([value]))
  }
  let data = url
  for (const name of sorted(values.keys())) {
    for (const value of sorted(values.get(name) as Set<string>)) data += name + value
  }
  return createHmac('sha1', authToken).update(data, 'utf8').digest('base64')
}

/** Whether `candidate` is the signature of the request; takes the same time wherever they differ. */
export function isSignature(
  candidate: string,
  authToken: string,
  url: string,
  parameters: Parameters,
): boolean {
  const expected = Buffer.from(signature(authToken, url, parameters))
  const given = Buffer.from(candidate)
  return given.length === expected.length && timingSafeEqual(given, expected)
}

/** UTF-16 and UTF-8 sort alike but for what stands above the surrogates, which is rare and slow. */
const sortsOtherwise = /[\ud800-\uffff]/

function sorted(texts: Iterable<string>): string[] {
  const list = [...texts]
  if (list.length < 2) return list
  return list.some((text) => sortsOtherwise.test(text)) ? list.sort(byBytes) : list.sort()
}

function byBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b))
}
