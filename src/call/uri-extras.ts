import type { HeaderField } from '../sip/events.js'

/** What a SIP URI of a document or a gateway asks for beyond where to call. */
export interface UriExtras {
  /** Fit for a Request-URI: without what is meant for us, and without header fields (RFC 3261 §19.1.1). */
  readonly target: string
  /** `;secure=true`: media is encrypted, by keys in the description (RFC 4568). */
  readonly isMediaSecure: boolean
  /** Those of `?name=value&…` that a document may choose. */
  readonly headers: readonly HeaderField[]
}

const headersMax = 32
const headersLengthMax = 1024

export function takeExtras(uri: string): UriExtras {
  const question = uri.indexOf('?')
  const base = question < 0 ? uri : uri.slice(0, question)
  const target = base.replace(/;secure=(?:true|false)(?=;|$)/gi, '')
  const isMediaSecure = /;secure=true(?:;|$)/i.test(base)
  return { target, isMediaSecure, headers: question < 0 ? [] : headersOf(uri.slice(question + 1)) }
}

/** Header fields that a document may set in an INVITE (contract 2B.4 Sip). */
function isChosen(name: string): boolean {
  return /^(?:x-[a-z0-9-]{1,60}|user-to-user|remote-party-id|p-preferred-identity|p-called-party-id)$/i.test(
    name,
  )
}

/** Of those that a document names one by one, the ones that it may set; 1024 characters at most. */
export function chosenHeaders(
  named: readonly (readonly [name: string, value: string])[],
): HeaderField[] {
  let length = 0
  return named
    .slice(0, headersMax)
    .filter(([name, value]) => isChosen(name) && isPrintable(value))
    .filter(([name, value]) => {
      length += name.length + value.length
      return length <= headersLengthMax
    })
    .map(([name, value]) => ({ name, value }))
}

/** What cannot break out of its header field. */
function isPrintable(text: string): boolean {
  return /^[\x20-\x7e\u00a0-\uffff]{1,1024}$/.test(text)
}

function headersOf(text: string): HeaderField[] {
  const headers: HeaderField[] = []
  for (const part of text.slice(0, headersLengthMax).split('&', headersMax)) {
    const equals = part.indexOf('=')
    const name = part.slice(0, Math.max(0, equals))
    const value = decoded(part.slice(equals + 1))
    const isWanted = isChosen(name) || /^replaces$/i.test(name)
    if (!isWanted || value === undefined) continue
    headers.push({ name, value })
    // RFC 3891 §5: a call must not begin beside the one that it was to replace.
    if (/^replaces$/i.test(name)) headers.push({ name: 'Require', value: 'replaces' })
  }
  return headers
}

/** Undefined: what would break out of its header field, or is no escape. */
function decoded(value: string): string | undefined {
  try {
    const text = decodeURIComponent(value)
    return isPrintable(text) ? text : undefined
  } catch {
    return undefined
  }
}
