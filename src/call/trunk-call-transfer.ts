import { parseSipUri, userOf } from '../sip/uri.js'
import type { Call } from './call.js'
import { normalNumber } from './caller.js'
import type { ProgramStart } from './ports.js'
import type { TrunkCalled } from './trunk-call-route.js'

/** Longer ones are refused before a document is made of them. */
const targetLengthMax = 1_500

/**
 * What becomes of who talks with a PBX that refers it to another party: that party is called as the PBX would
 * call it. Undefined: the trunk does not allow it.
 */
export function startOfTransfer(
  target: string,
  { trunk, way }: TrunkCalled,
  { record, ports }: Call,
): ProgramStart | undefined {
  const { transferMode, transferCallerId, domainName } = trunk
  if (transferMode === 'disable-all' || target.length > targetLengthMax) return undefined
  const { defaultCountry, sipHost } = ports.config
  const phoneNumber = numberOf(target, [domainName, sipHost], defaultCountry)
  if (phoneNumber !== undefined && transferMode === 'sip-only') return undefined
  if (phoneNumber === undefined && !/^sips?:/i.test(target)) return undefined
  // Who stays is the one that the PBX has called, or that has called it.
  const [pbx, other] = way === 'terminating' ? [record.from, record.to] : [record.to, record.from]
  const callerId = transferCallerId === 'from-transferee' ? other : pbx
  const noun =
    phoneNumber === undefined
      ? `<Sip>${escaped(target)}</Sip>`
      : `<Number>${escaped(phoneNumber)}</Number>`
  const twiml = `<Response><Dial callerId="${escaped(callerId)}">${noun}</Dial></Response>`
  return { type: 'document', twiml }
}

/** A number at the trunk's own domain or at our address, or of a tel URI (RFC 3966). */
function numberOf(
  target: string,
  hosts: readonly (string | undefined)[],
  defaultCountry: string,
): string | undefined {
  const tel = /^tel:([^;?]+)/i.exec(target)?.[1]
  if (tel !== undefined) return normalNumber(tel, defaultCountry)
  const uri = parseSipUri(target)
  if (!uri || !hosts.includes(uri.host)) return undefined
  return normalNumber(userOf(uri) ?? '', defaultCountry)
}

function escaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
}
