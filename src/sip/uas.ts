import { AcceptedInvite } from './accepted-invite.js'
import { challenge, claimedCredential, domainOf, retryAfter, verify } from './admission.js'
import { uasDialog } from './dialog.js'
import { sendBye } from './dialog-request.js'
import type { HeaderField, NameAddress } from './events.js'
import type { RequestEnvelope } from './inspect.js'
import type { Leg } from './leg.js'
import type { Admitted, Invited, LegCommand } from './leg-events.js'
import { headerOf, type SipRequest, sdpOf } from './message.js'
import type { NameAddr } from './name-addr.js'
import { register } from './registrar.js'
import { findReplaced } from './replaces.js'
import {
  abilityFields,
  acceptField,
  allowField,
  contactTo,
  type Exchange,
  foreignFields,
  type ResponseParts,
  replyDestination,
  respond,
  supportedTags,
} from './respond.js'
import { renewByRequest, sendWaitingOffer } from './session-refresh.js'
import { noteAllow } from './session-terms.js'
import { intervalIsTooSmall, minimumField, optionTags } from './session-timer.js'
import type { Stack } from './stack.js'
import type { ServerTransaction } from './transaction-layer.js'
import { parseSipUri } from './uri.js'

/** A request outside of any dialog: trust first, then everything else (RFC 3261 §8.2). */
export function receiveOutside(stack: Stack, envelope: RequestEnvelope, exchange: Exchange): void {
  const { core, nonces, transactions } = stack
  const { request, flow } = exchange
  if (core.config.isTrusted(flow, domainOf(request), request.method)) {
    process(stack, envelope, exchange, { trust: 'address' })
    return
  }
  if (!core.config.requireDigestForStrangers) {
    core.count('stranger')
    respond(core, exchange, 403)
    return
  }
  const credential = claimedCredential(request, core.config)
  const nonce = credential ? nonces.check(credential.nonce, core.nowMs) : 'forged'
  if (!credential || nonce !== 'fresh') {
    if (!credential) core.count('stranger')
    challenge(stack, exchange, nonce === 'stale')
    return
  }
  if (transactions.isFull(false)) {
    refuseFull(stack, exchange)
    return
  }
  const transaction = begin(stack, envelope, exchange)
  const proven = { ...exchange, transaction }
  verify(stack, proven, credential, (admission) => {
    // A CANCEL may have come while the question was open.
    if (transaction.isOpen) process(stack, envelope, proven, admission)
  })
}

function begin(stack: Stack, envelope: RequestEnvelope, exchange: Exchange): ServerTransaction {
  const destination = replyDestination(exchange.flow, envelope.via)
  const transaction = stack.transactions.addServer(envelope, exchange.flow, destination)
  // RFC 3261 §17.2.1: 100 at once, we may take longer than 200 ms.
  if (envelope.request.method === 'INVITE') {
    respond(stack.core, { ...exchange, transaction }, 100)
  }
  return transaction
}

function refuseFull(stack: Stack, exchange: Exchange): void {
  stack.core.count('tooManyTransactions')
  respond(stack.core, exchange, 503, { headers: [retryAfter(5)] })
}

interface Fault extends ResponseParts {
  readonly status: number
}

function process(
  stack: Stack,
  envelope: RequestEnvelope,
  exchange: Exchange,
  admission: Admitted,
): void {
  const { core } = stack
  const replaced = findReplaced(stack, envelope.request)
  const isWrong = typeof replaced === 'number'
  const fault = faultOf(stack, envelope) ?? (isWrong ? { status: replaced } : undefined)
  if (fault) {
    if (fault.status === 482) core.count('loop')
    respond(core, exchange, fault.status, fault)
    return
  }
  if (envelope.request.method === 'OPTIONS') {
    respond(core, exchange, 200, { headers: capabilities(stack) })
    return
  }
  if (envelope.request.method === 'REGISTER') {
    if (!exchange.transaction && stack.transactions.isFull(false)) {
      refuseFull(stack, exchange)
      return
    }
    const transaction = exchange.transaction ?? begin(stack, envelope, exchange)
    register(stack, envelope, { ...exchange, transaction }, admission)
    return
  }
  if (stack.legs.isFull) {
    core.count('tooManyLegs')
    respond(core, exchange, 503, { headers: [retryAfter(5)] })
    return
  }
  if (!exchange.transaction && stack.transactions.isFull(false)) {
    refuseFull(stack, exchange)
    return
  }
  const transaction = exchange.transaction ?? begin(stack, envelope, exchange)
  startLeg(stack, envelope, transaction, admission, isWrong ? undefined : replaced)
}

const outsideMethods = new Set(['INVITE', 'OPTIONS', 'REGISTER'])
/** What is known, but means nothing without a dialog; nobody is transferred out of the blue. */
const dialogMethods: ReadonlyMap<string, number> = new Map([
  ...['BYE', 'INFO', 'NOTIFY', 'PRACK', 'UPDATE'].map((method) => [method, 481] as const),
  ['REFER', 603],
])

/** The checks of RFC 3261 §8.2 in their order; undefined: nothing speaks against the request. */
function faultOf(stack: Stack, envelope: RequestEnvelope): Fault | undefined {
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

/** §11.2 */
export function capabilities(stack: Stack): HeaderField[] {
  return [...abilityFields(stack.core), acceptField, { name: 'Accept-Encoding', value: 'identity' }]
}

function startLeg(
  stack: Stack,
  envelope: RequestEnvelope,
  transaction: ServerTransaction,
  admission: Admitted,
  replaced: Leg | undefined,
): void {
  const { core, legs } = stack
  const { request, callId } = envelope
  const { flow } = transaction
  const id = core.config.ids.hex(12)
  const localTag = core.config.ids.hex(12)
  const leg = legs.add({ id, callId, localTag, credentials: undefined })
  leg.dialog = uasDialog(envelope, localTag, flow)
  leg.pending = { envelope, transaction }
  noteAllow(leg, request.headers)
  transaction.legId = id
  const invited: Invited = {
    type: 'invited',
    legId: id,
    flow,
    ...admission,
    requestUri: request.uri,
    from: addressOf(envelope.from),
    to: addressOf(envelope.to),
    callId,
    headers: request.headers,
    sdp: sdpOf(request),
    ...(replaced ? { replacedLegId: replaced.id } : {}),
  }
  core.emit(invited)
}

function addressOf({ uri, displayName }: NameAddr): NameAddress {
  return displayName === undefined ? { uri } : { uri, displayName }
}

export function answerPending(
  stack: Stack,
  leg: Leg,
  status: number,
  parts: ResponseParts,
): Uint8Array | undefined {
  const { pending } = leg
  if (!pending) return undefined
  const { transaction, envelope } = pending
  const { request } = envelope
  const exchange = { request, flow: transaction.flow, transaction }
  return respond(stack.core, exchange, status, { ...parts, toTag: leg.localTag })
}

/** Contact, and what we can do. */
export function dialogFields(stack: Stack, leg: Leg): HeaderField[] {
  const flow = leg.pending?.transaction.flow
  if (!flow) return []
  const destination = replyDestination(flow, leg.pending?.envelope.via)
  return [contactTo(stack.core, destination, leg.dialog?.secure), ...abilityFields(stack.core)]
}

/** RFC 3261 §13.3.1.4, for the first INVITE and for later ones. */
export function acceptPending(
  stack: Stack,
  leg: Leg,
  sdp: string,
  headers: readonly HeaderField[] = [],
): void {
  const { pending } = leg
  if (!pending) return
  const { request } = pending.envelope
  const session = renewByRequest(stack, leg, request.headers)
  const fields = [...dialogFields(stack, leg), ...session, ...foreignFields(headers)]
  // RFC 3262 §5: what was answered in a provisional response is not answered again.
  const initial = !leg.established
  const isAnswered = initial && leg.answeredEarly
  const bytes = answerPending(
    stack,
    leg,
    200,
    isAnswered ? { headers: fields } : { headers: fields, sdp },
  )
  stack.legs.stopRinging(leg)
  stack.legs.stopReliable(leg)
  leg.pending = undefined
  leg.established = true
  leg.localSdp = sdp
  if (!bytes) return
  leg.accepted = new AcceptedInvite(stack.core, pending.transaction, bytes, {
    offered: !isAnswered && sdpOf(request) === undefined,
    initial,
    expired: () => ackTimeout(stack, leg),
  })
}

export function accept(stack: Stack, command: LegCommand & { type: 'accept' }): void {
  const leg = stack.legs.get(command.legId)
  if (!leg || leg.established) return
  // RFC 3262 §3: a description of ours has to be acknowledged first.
  if (leg.reliable?.hasSdp) leg.afterReliable = command
  else acceptPending(stack, leg, command.sdp, command.headers)
}

/** RFC 3261 §13.3.1.3: the session does not stay as it was never confirmed. */
function ackTimeout(stack: Stack, leg: Leg): void {
  leg.accepted = undefined
  sendBye(stack, leg, leg.hangingUp?.reason)
  stack.legs.end(leg, leg.hangingUp ? 'hungUp' : 'ackTimeout')
}

export function reject(stack: Stack, command: LegCommand & { type: 'reject' }): void {
  const leg = stack.legs.get(command.legId)
  if (!leg?.pending || leg.established || command.status < 300 || command.status > 699) return
  const reason = command.reason === undefined ? {} : { reason: command.reason }
  const headers = foreignFields(command.headers)
  answerPending(stack, leg, command.status, { headers, ...reason })
  stack.legs.end(leg, 'hungUp')
}

/** Refuses the INVITE that waits, if one does. */
export function refusePending(
  stack: Stack,
  leg: Leg,
  status: number,
  headers: readonly HeaderField[] = [],
): void {
  answerPending(stack, leg, status, { headers })
  stack.legs.stopReliable(leg)
  stack.legs.stopRinging(leg)
  leg.pending = undefined
}

/** RFC 3261 §9.2. The 200 of the CANCEL carries the tag of the responses to the INVITE. */
export function receiveCancel(stack: Stack, envelope: RequestEnvelope, exchange: Exchange): void {
  const { core, legs, transactions } = stack
  const invite = transactions.findServer(envelope, 'INVITE')
  // Only the hop that sent the INVITE may cancel it.
  if (!invite || invite.flow.remoteAddress !== exchange.flow.remoteAddress) {
    respond(core, exchange, 481)
    return
  }
  const leg = legs.findPending(invite)
  respond(core, exchange, 200, leg ? { toTag: leg.localTag } : {})
  if (!leg) {
    const { flow, envelope: invited } = invite
    if (invite.isOpen) respond(core, { request: invited.request, flow, transaction: invite }, 487)
    return
  }
  refusePending(stack, leg, 487)
  if (leg.established) {
    sendWaitingOffer(stack, leg)
    return
  }
  const reason = headerOf(envelope.request.headers, 'Reason')
  legs.end(leg, 'canceled', reason)
}
