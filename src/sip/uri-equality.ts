import { parseSipUri, type SipUri, userOf } from './uri.js'

/** Parameters that count when only one of two URIs has them (RFC 3261 §19.1.4). */
const neverIgnored = ['transport', 'user', 'ttl', 'method', 'maddr']

/** Whether two SIP URIs are the same one (RFC 3261 §19.1.4). */
export function isSameUri(left: string, right: string): boolean {
  if (left === right) return true
  const [one, other] = [parseSipUri(left), parseSipUri(right)]
  if (!one || !other) return false
  return (
    one.scheme === other.scheme &&
    userOf(one) === userOf(other) &&
    one.password === other.password &&
    one.host === other.host &&
    // A port that is left out is not the default port: SRV may name another.
    one.port === other.port &&
    haveSameParams(one, other) &&
    headersOf(one) === headersOf(other)
  )
}

function haveSameParams({ params: left }: SipUri, { params: right }: SipUri): boolean {
  if (neverIgnored.some((name) => left.has(name) !== right.has(name))) return false
  for (const [name, value] of left) {
    const other = right.get(name)
    if (other !== undefined && other.toLowerCase() !== value.toLowerCase()) return false
  }
  return true
}

function headersOf({ headers = '' }: SipUri): string {
  return headers
    .split('&')
    .map((header) => {
      const [name = '', ...value] = header.split('=')
      return [name.toLowerCase(), ...value].join('=')
    })
    .sort()
    .join('&')
}
