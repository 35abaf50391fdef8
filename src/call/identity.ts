import type { HeaderField, NameAddress } from '../sip/events.js'

/** How we name the caller to who is called. */
export interface Identity {
  readonly from: NameAddress
  readonly headers: readonly HeaderField[]
}

/** What the caller of a call is called when it does not want to be known (contract 2C.1). */
export const anonymous = 'anonymous'

/** A number becomes a user at our host, a SIP URI stays what it is; who withholds its number gets none. */
export function identityOf(address: string, host: string): Identity {
  if (address === anonymous) {
    return {
      // RFC 3323 §4.1.1.3.
      from: { displayName: 'Anonymous', uri: 'sip:anonymous@anonymous.invalid' },
      headers: [{ name: 'Privacy', value: 'id' }],
    }
  }
  return { from: { uri: uriOf(address, host) }, headers: [] }
}

function uriOf(address: string, host: string): string {
  if (/^sips?:/i.test(address)) return address
  return `sip:${encodeURIComponent(address.replace(/^client:/, '')).replace(/^%2B/i, '+')}@${host}`
}
