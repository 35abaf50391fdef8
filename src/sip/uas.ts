import { AcceptedInvite } from './accepted-invite.js'
import { uasDialog } from './dialog.js'
import { sendBye } from './dialog-request.js'
import type { HeaderField, NameAddress } from './events.js'
import type { RequestEnvelope } from './inspect.js'
import type { Leg } from './leg.js'
import type { Admitted, Invited, LegCommand } from './leg-events.js'
import { headerOf, sdpOf } from './message.js'
import type { NameAddr } from './name-addr.js'
import {
  abilityFields,
  acceptField,
  contactTo,
  type Exchange,
  foreignFields,
  type ResponseParts,
  replyDestination,
  respond,
} from './respond.js'
import { renewByRequest, sendWaitingOffer } from './session-refresh.js'
import { noteAllow } from './session-terms.js'
import type { Stack } from './stack.js'
import type { ServerTransaction } from './transaction-layer.js'

/** §11.2 */
export function capabilities(stack: Stack): HeaderField[] {
  return [...abilityFields(stack.core), acceptField, { name: 'Accept-Encoding', value: 'identity' }]
}

export function startLeg(
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
    requestUri: request.uri,
    from: addressOf(envelope.from),
    to: addressOf(envelope.to),
    callId,
    headers: request.headers,
    sdp: sdpOf(request),
    replacedLegId: replaced?.id,
    ...admission,
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
  return respond(stack.core, exchange, status, { toTag: leg.localTag, ...parts })
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
  // It may be answered already, and its leg go on.
  const owner = invite.legId === undefined ? undefined : legs.get(invite.legId)
  respond(core, exchange, 200, owner ? { toTag: owner.localTag } : {})
  const leg = legs.findPending(invite)
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
