import type { HeaderField } from './events.js'
import { parseNumber } from './grammar.js'
import { headerOf } from './message.js'
import { reasonOf } from './status.js'

export const sipfragType: HeaderField = {
  name: 'Content-Type',
  value: 'message/sipfrag;version=2.0',
}

/** A status line by itself (RFC 3420, RFC 3515 §2.4.5). */
export function writeSipfrag(status: number): Uint8Array {
  return Buffer.from(`SIP/2.0 ${status} ${reasonOf(status)}\r\n`, 'utf8')
}

/** The status that a fragment begins with; undefined: it tells none. */
export function statusOfSipfrag(
  headers: readonly HeaderField[],
  body: Uint8Array,
): number | undefined {
  const type = headerOf(headers, 'Content-Type')?.split(';')[0]?.trim().toLowerCase()
  if (type !== 'message/sipfrag') return undefined
  const line = Buffer.from(body.subarray(0, 64)).toString('latin1')
  const status = /^SIP\/2\.0 +([1-6][0-9][0-9])(?:\s|$)/i.exec(line)?.[1]
  return status === undefined ? undefined : parseNumber(status, 699)
}
