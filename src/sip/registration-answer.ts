/** What the answers to a REGISTER of ours say. All functions are pure. */
import { parseNumber, splitOutside } from './grammar.js'
import type { ResponseEnvelope } from './inspect.js'
import { headerOf } from './message.js'
import { type NameAddr, parseNameAddr } from './name-addr.js'
import { valuesOf } from './requested-bindings.js'
import { parseSipUri, userOf } from './uri.js'
import { isSameUri } from './uri-equality.js'

const secondsMax = 0xffff_ffff
/** What we ask for at most, even when a registrar wants more [s]. */
const expiresMaxS = 604_800
const retryAfterMaxS = 3_600
const baseMs = 30_000
const waitMaxMs = 1_800_000
const serviceRoutesMax = 8
const serviceRoutesLengthMax = 2_048

/**
 * How long the registrar holds our binding [s]; 0: it does not. Some rewrite the Contact: then the one
 * with our user counts, and without any Contact the Expires field (RFC 3261 §10.2.4).
 */
export function grantedS(envelope: ResponseEnvelope, contactUri: string, askedS: number): number {
  const { headers } = envelope.response
  const contacts = valuesOf(headers, 'Contact')
    .flatMap((value) => splitOutside(value, ',') ?? [])
    .flatMap((value) => parseNameAddr(value) ?? [])
  const user = userOfUri(contactUri)
  const own =
    contacts.find(({ uri }) => isSameUri(uri, contactUri)) ??
    contacts.find(({ uri }) => userOfUri(uri) === user)
  if (contacts.length > 0 && !own) return 0
  return Math.min(askedS, secondsOf(own, headerOf(headers, 'Expires')) ?? askedS)
}

function secondsOf(contact: NameAddr | undefined, field: string | undefined): number | undefined {
  const text = contact?.params.get('expires') ?? field?.trim()
  return text === undefined ? undefined : parseNumber(text, secondsMax)
}

function userOfUri(text: string): string | undefined {
  const uri = parseSipUri(text)
  return uri && userOf(uri)
}

/** The interval that a 423 wants [s] (RFC 3261 §10.2.8); undefined when that makes no sense. */
export function minimumS(envelope: ResponseEnvelope, askedS: number): number | undefined {
  const [text = ''] = valuesOf(envelope.response.headers, 'Min-Expires')
  const minimum = parseNumber(text.trim(), secondsMax)
  return minimum !== undefined && minimum > askedS && minimum <= expiresMaxS ? minimum : undefined
}

/** RFC 3608 §6.1: the route of requests to others by way of the registrar; too much of it is none. */
export function serviceRoutesOf(envelope: ResponseEnvelope): readonly string[] {
  const values = valuesOf(envelope.response.headers, 'Service-Route')
  const routes = values
    .flatMap((value) => splitOutside(value, ',') ?? [])
    .map((value) => value.trim())
  const isBad = (route: string) => !parseSipUri(parseNameAddr(route)?.uri ?? '')
  const length = routes.reduce((sum, route) => sum + route.length, 0)
  if (routes.length > serviceRoutesMax || length > serviceRoutesLengthMax) return []
  return routes.some(isBad) ? [] : routes
}

/**
 * How long to wait after so many failures in a row [ms] (RFC 5626 §4.5): half to the whole of a time that
 * doubles up to half an hour, and what Retry-After says, up to an hour. `random` is from 0 to 1.
 */
export function retryDelayMs(
  failures: number,
  random: number,
  envelope?: ResponseEnvelope | undefined,
): number {
  const whole = Math.min(waitMaxMs, baseMs * 2 ** Math.min(failures, 16))
  const text = envelope && headerOf(envelope.response.headers, 'Retry-After')
  const [digits = ''] = /^\d{1,9}/.exec(text?.trim() ?? '') ?? []
  const retryAfterS = Math.min(retryAfterMaxS, parseNumber(digits, secondsMax) ?? 0)
  return Math.round(Math.max(whole * (0.5 + random / 2), retryAfterS * 1000))
}
