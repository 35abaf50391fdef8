import { createHash, timingSafeEqual } from 'node:crypto'
import { parse, stringify } from 'node:querystring'
import { isSignature, type Parameters } from '../signature.js'

/** Fields of a form by name; a name that was sent more than once has a list. */
export interface FormFields {
  readonly [name: string]: string | readonly string[]
}

/**
 * Whether `signature` (X-Twilio-Signature) was made with `authToken` for a request to `url`. `params`: the
 * fields of a form; or, as text or bytes, another body, whose SHA-256 the URL carries (bodySHA256);
 * nothing for a GET. The URL counts with and without its port, and however its query is escaped, since
 * a proxy may have changed both.
 */
export function validate(
  authToken: string,
  signature: string,
  url: string,
  params: FormFields | string | Uint8Array = {},
): boolean {
  if (authToken === '' || signature === '' || !URL.canParse(url)) return false
  const isForm = typeof params === 'object' && !(params instanceof Uint8Array)
  if (!isForm && !isBodyOf(url, params)) return false
  const pairs = isForm ? pairsOf(params) : []
  return [...formsOf(url)].some((form) => isSignature(signature, authToken, form, pairs))
}

function isBodyOf(url: string, body: string | Uint8Array): boolean {
  const claimed = Buffer.from(new URL(url).searchParams.get('bodySHA256') ?? '')
  const actual = Buffer.from(createHash('sha256').update(body).digest('hex'))
  return claimed.length === actual.length && timingSafeEqual(claimed, actual)
}

function pairsOf(fields: FormFields): Parameters {
  return Object.entries(fields).flatMap(([name, value]) =>
    [value].flat().map((one): [string, string] => [name, String(one)]),
  )
}

const portOfScheme: { readonly [scheme: string]: string } = { 'https:': ':443', 'http:': ':80' }

/** The URL in every form in which it may have been signed (contract 2E). */
function formsOf(url: string): Set<string> {
  const plain = url.split('#', 1)[0] ?? ''
  const normal = new URL(plain)
  const forms = new Set<string>()
  for (const one of [plain, normal.href, withLegacyQuery(normal.href)]) {
    const [, scheme, userInfo = '', authority, rest] =
      /^([a-z][a-z0-9+.-]*:\/\/)([^/?#]*@)?([^/?#]*)(.*)$/is.exec(one) ?? []
    if (scheme === undefined || authority === undefined || rest === undefined) continue
    const host = authority.replace(/:\d*$/, '')
    const port = authority.slice(host.length) || (portOfScheme[normal.protocol] ?? '')
    for (const user of new Set([userInfo, ''])) {
      forms.add(`${scheme}${user}${host}${rest}`)
      forms.add(`${scheme}${user}${host}${port}${rest}`)
    }
  }
  return forms
}

/** As `querystring` escapes. */
function withLegacyQuery(url: string): string {
  const question = url.indexOf('?')
  if (question < 0 || question === url.length - 1) return url
  return `${url.slice(0, question)}?${stringify(parse(url.slice(question + 1)))}`
}
