import type { NameAddress } from './events.js'
import {
  endOfQuoted,
  isToken,
  noParams,
  type Params,
  parseParams,
  quote,
  unquote,
} from './grammar.js'

/** name-addr or addr-spec with header parameters (RFC 3261 §25.1). */
export interface NameAddr extends NameAddress {
  readonly params: Params
}

export function parseNameAddr(text: string): NameAddr | undefined {
  const trimmed = text.trim()
  const nameEnd = trimmed.startsWith('"') ? endOfQuoted(trimmed, 0) : 0
  if (nameEnd < 0) return undefined
  const open = trimmed.indexOf('<', nameEnd)
  if (open < 0) return nameEnd > 0 ? undefined : parseAddrSpec(trimmed)
  const name = displayNameOf(trimmed.slice(0, open).trim(), nameEnd > 0)
  const close = trimmed.indexOf('>', open)
  if (name === undefined || close < 0) return undefined
  const uri = trimmed.slice(open + 1, close)
  // RFC 4475 §3.1.2.6, badaspec: no white space inside the angle brackets.
  if (!isUri(uri)) return undefined
  const params = parseParams(trimmed.slice(close + 1))
  if (!params) return undefined
  return name === '' ? { uri, params } : { uri, displayName: name, params }
}

function parseAddrSpec(text: string): NameAddr | undefined {
  const semicolon = text.indexOf(';')
  const uri = (semicolon < 0 ? text : text.slice(0, semicolon)).trim()
  // RFC 3261 §20: a URI with ',', ';' or '?' must be in angle brackets.
  if (!isUri(uri) || /[,?]/.test(uri)) return undefined
  const params = semicolon < 0 ? noParams : parseParams(text.slice(semicolon))
  return params && { uri, params }
}

function isUri(text: string): boolean {
  return /^[A-Za-z][A-Za-z0-9+.-]*:[^\s<>"]+$/.test(text)
}

function displayNameOf(text: string, quoted: boolean): string | undefined {
  if (quoted) return endOfQuoted(text, 0) === text.length ? unquote(text) : undefined
  if (text === '') return ''
  const words = text.split(/\s+/)
  // Unquoted names are tokens; names in other scripts are let through as many phones send them.
  const allowed = words.every((word) => isToken(word.replace(/[^\0-\x7f]/g, 'x')))
  return allowed ? words.join(' ') : undefined
}

export function formatNameAddr(address: NameAddress, tag?: string): string {
  const name = address.displayName ? `${quote(address.displayName)} ` : ''
  return `${name}<${address.uri}>${tag ? `;tag=${tag}` : ''}`
}
