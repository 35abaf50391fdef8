import { type CountryCode, parsePhoneNumberFromString } from 'libphonenumber-js'
import type { Invited } from '../sip/leg-events.js'
import { headerOf } from '../sip/message.js'
import { parseNameAddr } from '../sip/name-addr.js'
import { parseSipUri, userOf } from '../sip/uri.js'
import { anonymous } from './identity.js'

const e164 = /^\+[1-9]\d{7,14}$/

/** The number that was dialled, in E.164; undefined when the Request-URI names none. */
export function dialledOf(invited: Invited, defaultCountry: string): string | undefined {
  const uri = parseSipUri(invited.requestUri)
  const user = uri && userOf(uri)
  return user === undefined ? undefined : normalNumber(user, defaultCountry)
}

/** A number as dialled, in E.164; undefined for what is no number. */
export function normalNumber(dialled: string, defaultCountry: string): string | undefined {
  const plain = dialled.replace(/[\s().-]/g, '')
  if (e164.test(plain)) return plain
  if (!/^\d{3,15}$/.test(plain)) return undefined
  return parsePhoneNumberFromString(plain, defaultCountry as CountryCode)?.number
}

/**
 * Who calls: P-Asserted-Identity of a trusted peer (RFC 3325), else From. E.164 when it is + and 8 to
 * 15 digits, else the SIP URI; never empty.
 */
export function callerOf(invited: Invited): { from: string; callerName: string | undefined } {
  if (isWithheld(invited)) return { from: anonymous, callerName: undefined }
  const asserted =
    invited.trust === 'address' ? headerOf(invited.headers, 'P-Asserted-Identity') : undefined
  const identity = (asserted && parseNameAddr(asserted)) || invited.from
  const uri = parseSipUri(identity.uri)
  const user = uri && userOf(uri)
  const from = user !== undefined && e164.test(user) ? user : plainUri(identity.uri)
  return { from: from || anonymous, callerName: identity.displayName }
}

/** RFC 3325 §7: who asks for privacy is not named to applications. RFC 3323 §4.1.1.3: nor is nobody. */
function isWithheld({ headers, from }: Invited): boolean {
  const wanted = (headerOf(headers, 'Privacy') ?? '').toLowerCase().split(/[;,]/)
  const asks = wanted.some((value) => ['id', 'user', 'header'].includes(value.trim()))
  const isNobody = headerOf(headers, 'P-Asserted-Identity') === undefined
  return asks || (isNobody && /^sips?:anonymous@|@anonymous\.invalid/i.test(from.uri))
}

/** A SIP URI without its parameters and headers. */
function plainUri(uri: string): string {
  return uri.split(/[;?]/, 1)[0] ?? ''
}
