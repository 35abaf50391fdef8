import { fail, ok, type Result } from '../base/result.js'
import { parseNumber, splitOutside } from './grammar.js'
import { headerOf, headerValues, type SipRequest, type SipResponse } from './message.js'
import { type NameAddr, parseNameAddr } from './name-addr.js'
import { parseSipUri } from './uri.js'
import { magicCookie, parseVia, type Via } from './via.js'

/** The fields that every message needs (RFC 3261 §8.1.1), parsed once. */
export interface Envelope {
  readonly via: Via
  readonly viaCount: number
  readonly from: NameAddr
  readonly to: NameAddr
  readonly callId: string
  readonly cseq: number
  readonly cseqMethod: string
  readonly contact: NameAddr | undefined
}

export interface RequestEnvelope extends Envelope {
  readonly request: SipRequest
}

export interface ResponseEnvelope extends Envelope {
  readonly response: SipResponse
}

export interface Refusal {
  readonly status: number
  readonly reason: string
}

const onceOnly = new Set(['From', 'To', 'Call-ID', 'CSeq', 'Max-Forwards', 'Content-Type'])

export function inspectRequest(request: SipRequest): Result<RequestEnvelope, Refusal> {
  const envelope = inspectFields(request)
  if (typeof envelope === 'string') return fail({ status: 400, reason: envelope })
  // RFC 3261 §8.1.1.5: the method of CSeq is that of the request.
  if (envelope.cseqMethod !== request.method) return fail({ status: 400, reason: 'CSeq Mismatch' })
  const maxForwards = headerOf(request.headers, 'Max-Forwards')
  if (maxForwards !== undefined && parseNumber(maxForwards, 255) === undefined) {
    return fail({ status: 400, reason: 'Bad Max-Forwards' })
  }
  // RFC 4475 §3.1.2.11, escruri: header fields have no place in a Request-URI.
  const uri = parseSipUri(request.uri)
  const badUri = uri ? uri.headers !== undefined : /^sips?:/i.test(request.uri)
  if (badUri) return fail({ status: 400, reason: 'Bad Request-URI' })
  return ok({ request, ...envelope })
}

export function inspectResponse(response: SipResponse): Result<ResponseEnvelope, string> {
  const envelope = inspectFields(response)
  if (typeof envelope === 'string') return fail(envelope)
  // RFC 3261 §8.1.3.3: more than one Via means that it was meant for another.
  if (envelope.viaCount !== 1) return fail('More Than One Via')
  return ok({ response, ...envelope })
}

function inspectFields(message: SipRequest | SipResponse): Envelope | string {
  const fields = new Map<string, string>()
  let viaText: string | undefined
  let viaCount = 0
  for (const { name, value } of message.headers) {
    if (name === 'Via' && viaCount++ === 0) viaText = value
    if (!onceOnly.has(name)) continue
    if (fields.has(name)) return `More Than One ${name}`
    fields.set(name, value)
  }
  const via = viaText === undefined ? undefined : parseVia(viaText)
  if (!via || via.params.get('branch') === magicCookie) return 'Bad Via'
  const from = parseNameAddr(fields.get('From') ?? '')
  if (!from) return 'Bad From'
  const to = parseNameAddr(fields.get('To') ?? '')
  if (!to) return 'Bad To'
  const callId = fields.get('Call-ID') ?? ''
  if (!/^\S+$/.test(callId)) return 'Bad Call-ID'
  const sequence = fields.get('CSeq') ?? ''
  const space = sequence.search(/\s/)
  // RFC 3261 §8.1.1.5: below 2**31; the rest of 32 bits is tolerated.
  const cseq = parseNumber(sequence.slice(0, Math.max(0, space)), 0xffff_ffff)
  const cseqMethod = sequence.slice(space).trim().split(/\s/, 1)[0] ?? ''
  if (cseq === undefined || cseqMethod === '') return 'Bad CSeq'
  const contact = firstContact(message)
  if (contact === false) return 'Bad Contact'
  return { via, viaCount, from, to, callId, cseq, cseqMethod, contact }
}

/** undefined: there is none (or it is '*'); false: malformed. */
function firstContact(message: SipRequest | SipResponse): NameAddr | undefined | false {
  let first: NameAddr | undefined
  for (const value of headerValues(message.headers, 'Contact')) {
    if (value === '*') continue
    const parts = splitOutside(value, ',')
    if (!parts) return false
    for (const part of parts) {
      const contact = parseNameAddr(part)
      if (!contact) return false
      first ??= contact
    }
  }
  return first
}
