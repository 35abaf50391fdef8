import { type CountryCode, parsePhoneNumberFromString } from 'libphonenumber-js'

/** RFC 2822 with +0000, as the SDKs parse it: `Tue, 31 Aug 2010 20:36:28 +0000`. */
export function rfc2822(timeMs: number): string
export function rfc2822(timeMs: number | null): string | null
export function rfc2822(timeMs: number | null): string | null {
  return timeMs === null ? null : new Date(timeMs).toUTCString().replace('GMT', '+0000')
}

/** `(415) 867-5309` for a number of North America, international elsewhere, else the text itself. */
export function formatted(address: string): string {
  if (!address.startsWith('+')) return address
  const number = parsePhoneNumberFromString(address, 'US' as CountryCode)
  if (!number) return address
  return number.countryCallingCode === '1' ? number.formatNational() : number.formatInternational()
}

/** Paths of what belongs to a resource: `{calls: '/…/Calls.json'}`. */
export function subresources(
  base: string,
  names: readonly (readonly [key: string, path: string])[],
): { readonly [key: string]: string } {
  return Object.fromEntries(names.map(([key, path]) => [key, `${base}/${path}.json`]))
}

export function accountPath(accountSid: string): string {
  return `/2010-04-01/Accounts/${accountSid}`
}
