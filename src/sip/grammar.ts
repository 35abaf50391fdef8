/** The lexical rules of RFC 3261 §25.1. Every function here takes time linear in its input. */

/** A set of ASCII characters, by code: a loop over it costs less than the start of a regular expression. */
export type CharSet = Uint8Array

const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const digits = '0123456789'

/** Letters, digits and these. */
export function alphanumericAnd(others: string): CharSet {
  const set = new Uint8Array(128)
  for (const char of letters + digits + others) set[char.charCodeAt(0)] = 1
  return set
}

/** Whether all characters from `from` on are in the set; true for none. */
export function isAllIn(set: CharSet, text: string, from = 0): boolean {
  for (let index = from; index < text.length; index++) {
    if (set[text.charCodeAt(index)] !== 1) return false
  }
  return true
}

const tokenChars = alphanumericAnd("-.!%*_+`'~")

export function isToken(text: string): boolean {
  return text !== '' && isAllIn(tokenChars, text)
}

/** Index after the quoted string that starts at `start`; -1 when it never ends. */
export function endOfQuoted(text: string, start: number): number {
  for (let index = start + 1; index < text.length; index++) {
    const char = text[index]
    if (char === '\\') index++
    else if (char === '"') return index + 1
  }
  return -1
}

/** The content of a quoted string without quotes and escapes; other text stays as it is. */
export function unquote(text: string): string {
  if (!text.startsWith('"') || !text.endsWith('"') || text.length < 2) return text
  return text.slice(1, -1).replace(/\\([\s\S])/g, '$1')
}

export function quote(text: string): string {
  return `"${text.replace(/[\\"]/g, '\\$&')}"`
}

/** Splits at `separator` outside of quoted strings and angle brackets; undefined when unbalanced. */
export function splitOutside(text: string, separator: ',' | ';'): string[] | undefined {
  // Most values have neither.
  if (!/["<>]/.test(text)) return text.split(separator).map(trimmed)
  const parts: string[] = []
  let start = 0
  let bracketed = false
  for (let index = 0; index < text.length; index++) {
    const char = text[index]
    if (char === '"' && !bracketed) {
      const end = endOfQuoted(text, index)
      if (end < 0) return undefined
      index = end - 1
    } else if (char === '<') bracketed = true
    else if (char === '>') bracketed = false
    else if (char === separator && !bracketed) {
      parts.push(text.slice(start, index).trim())
      start = index + 1
    }
  }
  if (bracketed) return undefined
  parts.push(text.slice(start).trim())
  return parts
}

/** As `trim`, which always makes a new string. */
function trimmed(text: string): string {
  const last = text.charCodeAt(text.length - 1)
  return text.charCodeAt(0) <= 32 || last <= 32 || last > 127 ? text.trim() : text
}

/** Parameters by lower-case name; a parameter without a value has ''. Values are unquoted. */
export type Params = ReadonlyMap<string, string>

export const noParams: Params = new Map()

/** `;name=value;name` with linear white space anywhere between; undefined when malformed. */
export function parseParams(text: string): Params | undefined {
  if (text === '') return noParams
  const whole = text.trim()
  if (whole === '') return noParams
  if (!whole.startsWith(';')) return undefined
  const parts = splitOutside(whole.slice(1), ';')
  if (!parts) return undefined
  const params = new Map<string, string>()
  for (const part of parts) {
    const equals = part.indexOf('=')
    const name = (equals < 0 ? part : part.slice(0, equals)).trim().toLowerCase()
    if (!isToken(name)) return undefined
    const value = equals < 0 ? '' : part.slice(equals + 1).trim()
    if (equals >= 0 && !isParamValue(value)) return undefined
    if (!params.has(name)) params.set(name, unquote(value))
  }
  return params
}

function isParamValue(value: string): boolean {
  if (value.startsWith('"')) return endOfQuoted(value, 0) === value.length
  // Nearly always it is one, or a host.
  return isToken(value) || /^[^\s",;<>]+$/.test(value)
}

export function formatParams(params: Params): string {
  let text = ''
  for (const [name, value] of params) {
    if (value === '') text += `;${name}`
    else text += `;${name}=${/^[^\s",;<>\\]+$/.test(value) ? value : quote(value)}`
  }
  return text
}

/** Decimal digits up to `max`; undefined for anything else (no sign, no overflow). */
export function parseNumber(text: string, max: number): number | undefined {
  if (text === '' || text.length > 20) return undefined
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index)
    if (code < 48 || code > 57) return undefined
  }
  const value = Number(text)
  return value <= max ? value : undefined
}
