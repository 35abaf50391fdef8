import type { HeaderField } from './events.js'

export interface SipRequest {
  readonly type: 'request'
  readonly method: string
  readonly uri: string
  readonly headers: readonly HeaderField[]
  readonly body: Uint8Array
}

export interface SipResponse {
  readonly type: 'response'
  readonly status: number
  readonly reason: string
  readonly headers: readonly HeaderField[]
  readonly body: Uint8Array
}

export type SipMessage = SipRequest | SipResponse

export const emptyBody = new Uint8Array(0)

/** Compact forms (RFC 3261 §7.3.3 and the registry of RFC 3968). */
const compactForms: readonly (readonly [string, string])[] = [
  ['a', 'Accept-Contact'],
  ['b', 'Referred-By'],
  ['c', 'Content-Type'],
  ['e', 'Content-Encoding'],
  ['f', 'From'],
  ['i', 'Call-ID'],
  ['k', 'Supported'],
  ['l', 'Content-Length'],
  ['m', 'Contact'],
  ['o', 'Event'],
  ['r', 'Refer-To'],
  ['s', 'Subject'],
  ['t', 'To'],
  ['u', 'Allow-Events'],
  ['v', 'Via'],
  ['x', 'Session-Expires'],
]

const knownNames = [
  'Accept Accept-Contact Accept-Encoding Accept-Language Alert-Info Allow Allow-Events Authorization Call-ID Call-Info Contact',
  'Content-Disposition Content-Encoding Content-Language Content-Length Content-Type CSeq Date',
  'Diversion Error-Info Event Expires From History-Info Join Max-Forwards MIME-Version Organization',
  'P-Asserted-Identity Priority Privacy Proxy-Authenticate Proxy-Authorization Proxy-Require',
  'RAck Reason Record-Route Refer-Sub Refer-To Referred-By Replaces Remote-Party-ID Require Retry-After Route RSeq Server',
  'Session-Expires Subject Subscription-State Supported Timestamp To Unsupported User-Agent Via Warning',
  'WWW-Authenticate',
].flatMap((line) => line.split(' '))

const canonicalNames = new Map<string, string>([
  // As most write them, so that nothing has to be converted.
  ...knownNames.map((name) => [name, name] as const),
  ...knownNames.map((name) => [name.toLowerCase(), name] as const),
  ...compactForms,
])

/** The canonical spelling of a header field name; a name that is not known stays as it was sent. */
export function canonicalName(name: string): string {
  return knownName(name) ?? name
}

/** As `canonicalName`; undefined for a name that is not known. */
export function knownName(name: string): string | undefined {
  return canonicalNames.get(name) ?? canonicalNames.get(name.toLowerCase())
}

/** The value of the first field with this name, whatever its case or compact form. */
export function headerOf(headers: readonly HeaderField[], name: string): string | undefined {
  const known = knownName(name)
  const wanted = known ?? name
  for (const field of headers) if (field.name === wanted) return field.value
  // The names of fields that the parser knows are canonical.
  if (known !== undefined) return undefined
  const lowerCase = wanted.toLowerCase()
  return headers.find((field) => canonicalName(field.name).toLowerCase() === lowerCase)?.value
}

/** The body as text; undefined when there is none. */
export function sdpOf({ body }: SipMessage): string | undefined {
  return body.length === 0 ? undefined : Buffer.from(body).toString('utf8')
}

/** All values of the fields with this canonical name, in order. */
export function headerValues(headers: readonly HeaderField[], name: string): string[] {
  const values: string[] = []
  for (const field of headers) if (field.name === name) values.push(field.value)
  return values
}
