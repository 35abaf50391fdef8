import { alphanumericAnd, isAllIn, noParams, type Params, parseNumber } from './grammar.js'

export interface SipUri {
  readonly scheme: 'sip' | 'sips'
  /** As written, with its escapes; `userOf` unescapes. */
  readonly user?: string | undefined
  readonly password?: string | undefined
  /** Lower case; an IPv6 literal without its brackets. */
  readonly host: string
  readonly port?: number | undefined
  readonly params: Params
  /** What follows '?', as written. */
  readonly headers?: string | undefined
}

type UserInfo = Pick<SipUri, 'user' | 'password'>

const nobody: UserInfo = {}

const hostPattern = /^\[[0-9A-Fa-f:.]+\]$/
const hostChars = alphanumericAnd('._-')
const userChars = alphanumericAnd("-_.!~*'()&=+$,;?/#")
const userPattern = /^(?:[A-Za-z0-9\-_.!~*'()&=+$,;?/#]|%[0-9A-Fa-f]{2})+$/
const passwordPattern = /^(?:[A-Za-z0-9\-_.!~*'()&=+$,]|%[0-9A-Fa-f]{2})*$/

/** Parses sip: and sips: URIs (RFC 3261 §19.1.1); undefined for any other scheme or bad syntax. */
export function parseSipUri(text: string): SipUri | undefined {
  const scheme = schemeOf(text)
  if (scheme === undefined) return undefined
  const rest = text.slice(scheme.length + 1)
  const at = rest.indexOf('@')
  if (at !== rest.lastIndexOf('@')) return undefined
  const tail = rest.slice(at + 1)
  const question = tail.indexOf('?')
  const beforeHeaders = question < 0 ? tail : tail.slice(0, question)
  const semicolon = beforeHeaders.indexOf(';')
  const host = parseHostPort(semicolon < 0 ? beforeHeaders : beforeHeaders.slice(0, semicolon))
  const params = semicolon < 0 ? noParams : parseUriParams(beforeHeaders.slice(semicolon + 1))
  if (!host || !params) return undefined
  const userInfo = at < 0 ? nobody : parseUserInfo(rest.slice(0, at))
  if (!userInfo) return undefined
  return {
    scheme,
    user: userInfo.user,
    password: userInfo.password,
    host: host.host,
    port: host.port,
    params,
    headers: question < 0 ? undefined : tail.slice(question + 1),
  }
}

function schemeOf(text: string): 'sip' | 'sips' | undefined {
  if (text.startsWith('sip:')) return 'sip'
  const scheme = /^(sips?):/i.exec(text)?.[1]?.toLowerCase()
  return scheme === 'sip' || scheme === 'sips' ? scheme : undefined
}

function parseUserInfo(text: string): UserInfo | undefined {
  const colon = text.indexOf(':')
  const user = colon < 0 ? text : text.slice(0, colon)
  if (user === '' || (!isAllIn(userChars, user) && !userPattern.test(user))) return undefined
  if (colon < 0) return { user }
  const password = text.slice(colon + 1)
  return passwordPattern.test(password) ? { user, password } : undefined
}

function parseUriParams(joined: string): Params | undefined {
  const params = new Map<string, string>()
  for (const text of joined.split(';')) {
    if (!/^[^\s"<>@=]+(?:=[^\s"<>@]*)?$/.test(text)) return undefined
    const equals = text.indexOf('=')
    const name = (equals < 0 ? text : text.slice(0, equals)).toLowerCase()
    if (!params.has(name)) params.set(name, equals < 0 ? '' : text.slice(equals + 1))
  }
  return params
}

/** `host`, `host:port` or `[ipv6]:port`. */
export function parseHostPort(text: string): { host: string; port?: number } | undefined {
  const isLiteral = text.startsWith('[')
  const colon = text.indexOf(':', isLiteral ? text.indexOf(']') : 0)
  const name = colon < 0 ? text : text.slice(0, colon)
  const isHost = isLiteral ? hostPattern.test(name) : name !== '' && isAllIn(hostChars, name)
  if (!isHost) return undefined
  const host = (isLiteral ? name.slice(1, -1) : name).toLowerCase()
  if (colon < 0) return { host }
  const portText = text.slice(colon + 1)
  const port = portText.length <= 5 ? parseNumber(portText, 65_535) : undefined
  return port ? { host, port } : undefined
}

/** A host as it stands in a URI or a Via: IPv6 literals get brackets. */
export function formatHostPort(host: string, port?: number): string {
  const bracketed = host.includes(':') && !host.startsWith('[') ? `[${host}]` : host
  return port === undefined ? bracketed : `${bracketed}:${port}`
}

/** The user part with its escapes resolved; an escape that is not UTF-8 stays as written. */
export function userOf(uri: SipUri): string | undefined {
  if (uri.user === undefined) return undefined
  try {
    return decodeURIComponent(uri.user)
  } catch {
    return uri.user
  }
}

/** Escapes any text for the user part of a URI (RFC 3261 §25.1, user). */
export function escapeUser(text: string): string {
  return encodeURIComponent(text).replace(/%2B/g, '+')
}

/** A URI, name or header value fit for logs and pages: control characters become U+FFFD, bounded. */
export function displayText(text: string, lengthMax = 256): string {
  const clean = text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, '\ufffd')
  return clean.length > lengthMax ? `${clean.slice(0, lengthMax)}…` : clean
}

/** True for IPv4 and IPv6 literals (not a validity check of every octet; those fail at the socket). */
export function isIpLiteral(host: string): boolean {
  return host.includes(':') || /^(?:\d{1,3}\.){3}\d{1,3}$/.test(host)
}
