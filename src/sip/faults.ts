import type { HeaderField } from './events.js'
import type { RequestEnvelope } from './inspect.js'
import { headerOf, type SipRequest } from './message.js'
import { acceptField, allowField, type ResponseParts, supportedTags } from './respond.js'
import { intervalIsTooSmall, minimumField, optionTags } from './session-timer.js'
import type { Stack } from './stack.js'
import { parseSipUri } from './uri.js'

/** Why a request is refused. */
export interface Fault extends ResponseParts {
  readonly status: number
}

const outsideMethods = new Set(['INVITE', 'MESSAGE', 'OPTIONS', 'REGISTER', 'SUBSCRIBE'])
/** What is known, but means nothing without a dialog; nobody is transferred out of the blue. */
const dialogMethods: ReadonlyMap<string, number> = new Map([
  ...['BYE', 'INFO', 'NOTIFY', 'PRACK', 'UPDATE'].map((method) => [method, 481] as const),
  ['REFER', 603],
])

/** The checks of RFC 3261 §8.2 in their order; undefined: nothing speaks against the request. */
export function faultOf(stack: Stack, envelope: RequestEnvelope): Fault | undefined {
  const { request } = envelope
  const allow = [allowField(stack.core)]
  // §8.2.1
  if (!outsideMethods.has(request.method)) {
    const status = dialogMethods.get(request.method)
    return status === undefined ? { status: 405, headers: allow } : { status }
  }
  // §8.2.2.1
  if (!parseSipUri(request.uri)) return { status: 416 }
  // §8.2.2.2
  if (stack.transactions.isMerged(envelope)) return { status: 482 }
  // §16.3: what we are asked to do next would be one hop more.
  if (Number(headerOf(request.headers, 'Max-Forwards') ?? 70) === 0) return { status: 483 }
  return extensionFault(request.headers) ?? sessionFault(envelope)
}

/** §8.2.2.3 */
export function extensionFault(headers: readonly HeaderField[]): Fault | undefined {
  const unknown = [...optionTags(headers, 'Require')].filter((tag) => !supportedTags.includes(tag))
  if (unknown.length === 0) return undefined
  return { status: 420, headers: [{ name: 'Unsupported', value: unknown.join(', ') }] }
}

/** What speaks against the description or the interval of an INVITE or UPDATE (RFC 4028 §9). */
export function sessionFault({ request }: RequestEnvelope): Fault | undefined {
  if (request.method !== 'INVITE' && request.method !== 'UPDATE') return undefined
  const fault = contentFault(request)
  if (fault) return fault
  return intervalIsTooSmall(request.headers) ? { status: 422, headers: [minimumField] } : undefined
}

/** §8.2.3 and, for Accept, §20.1 */
function contentFault(request: SipRequest): Fault | undefined {
  const accept = headerOf(request.headers, 'Accept')?.toLowerCase()
  if (accept && !/application\/(?:sdp|\*)|\*\/\*/.test(accept)) return { status: 406 }
  if (request.body.length === 0) return undefined
  const type = headerOf(request.headers, 'Content-Type')?.split(';')[0]?.trim().toLowerCase()
  const encoding = headerOf(request.headers, 'Content-Encoding')?.toLowerCase() ?? 'identity'
  if (type === 'application/sdp' && encoding === 'identity') return undefined
  return { status: 415, headers: [acceptField, { name: 'Accept-Encoding', value: 'identity' }] }
}
