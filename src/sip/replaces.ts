import { parseParams } from './grammar.js'
import type { Leg } from './leg.js'
import { headerOf, headerValues, type SipRequest } from './message.js'
import type { Stack } from './stack.js'

/** The dialog that another INVITE takes the place of, as its sender sees it (RFC 3891 §6.1). */
export interface ReplacedDialog {
  readonly callId: string
  /** Tag of who gets the INVITE. */
  readonly toTag: string
  /** Tag of the other side of that dialog. */
  readonly fromTag: string
  /** Only while it has not been answered. */
  readonly earlyOnly: boolean
}

/** A Replaces value; undefined when it is malformed. */
export function parseReplaces(value: string): ReplacedDialog | undefined {
  const semicolon = value.indexOf(';')
  if (semicolon < 0) return undefined
  const callId = value.slice(0, semicolon).trim()
  const params = parseParams(value.slice(semicolon))
  const [toTag, fromTag] = [params?.get('to-tag'), params?.get('from-tag')]
  if (!params || !/^\S+$/.test(callId) || !toTag || !fromTag) return undefined
  return { callId, toTag, fromTag, earlyOnly: params.has('early-only') }
}

/** The Replaces header of a URI in Refer-To (RFC 3891 §4); undefined: none that could be read. */
export function replacesOfUri(headers: string): ReplacedDialog | undefined {
  for (const field of headers.split('&')) {
    const equals = field.indexOf('=')
    if (equals < 0 || field.slice(0, equals).toLowerCase() !== 'replaces') continue
    try {
      return parseReplaces(decodeURIComponent(field.slice(equals + 1)))
    } catch {
      return undefined
    }
  }
  return undefined
}

/**
 * The leg that an INVITE outside of any dialog takes the place of (RFC 3891 §3); a number is the status
 * to refuse it with.
 */
export function findReplaced(
  stack: Stack,
  { method, headers }: SipRequest,
): Leg | number | undefined {
  const [value, ...others] = headerValues(headers, 'Replaces')
  if (value === undefined) return undefined
  const replaced = parseReplaces(value)
  // A request cannot also join (RFC 3911 §4).
  const isWrong =
    method !== 'INVITE' || others.length > 0 || headerOf(headers, 'Join') !== undefined
  if (!replaced || isWrong) return 400
  const leg = stack.legs.findReplaced(replaced)
  // Of those that ring only what we called ourselves can be picked up.
  if (!leg || (!leg.established && !leg.outgoing)) return 481
  if (leg.hangingUp) return 603
  return replaced.earlyOnly && leg.established ? 486 : leg
}
