type Headers = { readonly [name: string]: string | string[] | undefined }

/** What an answer to a GET allows (RFC 9111), as seen by the cache of one account. */
export interface CacheRules {
  /** It must not be kept at all. */
  readonly isUncacheable: boolean
  /** Meant for one call only. */
  readonly isPrivate: boolean
  /** Fresh for so long [ms]; 0: ask each time whether it still holds. */
  readonly freshMs: number
  /** ETag, else Last-Modified. */
  readonly validator: string | undefined
}

/** An answer may depend on these: they are the same on all our requests. */
const steadyHeaders = ['accept', 'accept-encoding', 'accept-language', 'user-agent', 'origin', '']

export function cacheRules(headers: Headers): CacheRules {
  const control = directives(joined(headers['cache-control']))
  const validator = single(headers.etag) ?? single(headers['last-modified'])
  const varies = joined(headers.vary).toLowerCase().split(',')
  const depends = varies.some((name) => !steadyHeaders.includes(name.trim()))
  // A Set-Cookie that is answered again would hand one caller's session to another.
  const isUncacheable = control.has('no-store') || depends || headers['set-cookie'] !== undefined
  return {
    isUncacheable,
    isPrivate: control.has('private'),
    freshMs: control.has('no-cache') ? 0 : freshMs(control, headers),
    validator,
  }
}

/** The request header that asks whether what is kept still holds (RFC 9110 §13.1). */
export function conditionOf(validator: string): { readonly [name: string]: string } {
  const isEtag = /^(W\/)?"/.test(validator)
  return isEtag ? { 'if-none-match': validator } : { 'if-modified-since': validator }
}

function freshMs(control: ReadonlyMap<string, string>, headers: Headers): number {
  const maxAge = control.get('max-age')
  if (maxAge !== undefined) {
    const age = Number(/^\d{1,9}$/.exec(single(headers.age) ?? '')?.[0] ?? 0)
    return /^\d{1,9}$/.test(maxAge) ? Math.max(0, Number(maxAge) - age) * 1000 : 0
  }
  const lifeMs = dateMs(headers.expires) - dateMs(headers.date)
  return Number.isFinite(lifeMs) ? Math.max(0, lifeMs) : 0
}

/** RFC 9110 §5.6.7, without the obsolete forms; NaN for what is none, which is expired (RFC 9111 §5.3). */
function dateMs(header: string | string[] | undefined): number {
  const text = single(header) ?? ''
  return /^\w{3}, \d\d .* GMT$/.test(text) ? Date.parse(text) : Number.NaN
}

function directives(text: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>()
  for (const part of text.toLowerCase().split(',')) {
    const [name = '', value = ''] = part.split('=', 2)
    found.set(name.trim(), value.trim().replaceAll('"', ''))
  }
  return found
}

function single(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header[0] : header
}

function joined(header: string | string[] | undefined): string {
  return Array.isArray(header) ? header.join(',') : (header ?? '')
}
