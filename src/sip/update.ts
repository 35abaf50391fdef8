import { retryAfter } from './admission.js'
import type { Dialog } from './dialog.js'
import { sessionFault } from './faults.js'
import type { RequestEnvelope } from './inspect.js'
import type { Leg } from './leg.js'
import { sdpOf } from './message.js'
import { abilityFields, contactTo, type Exchange, replyDestination, respond } from './respond.js'
import { renewByRequest, sendWaitingOffer } from './session-refresh.js'
import { noteAllow } from './session-terms.js'
import type { Stack } from './stack.js'

/** UPDATE (RFC 3311 §5.2): a new offer, a new target, or only a sign of life (RFC 4028 §7.4). */
export function receiveUpdate(
  stack: Stack,
  leg: Leg,
  dialog: Dialog,
  envelope: RequestEnvelope,
  exchange: Exchange,
): void {
  const { core } = stack
  if (leg.hangingUp) {
    respond(core, exchange, 481)
    return
  }
  const fault = sessionFault(envelope)
  if (fault) {
    respond(core, exchange, fault.status, fault)
    return
  }
  if (sdpOf(envelope.request) === undefined) acceptRefresh(stack, leg, dialog, envelope, exchange)
  else receiveOffer(stack, leg, dialog, envelope, exchange)
}

/** An offer outside of an INVITE; refused while another is under way (RFC 3311 §5.2). */
export function receiveOffer(
  stack: Stack,
  leg: Leg,
  dialog: Dialog,
  envelope: RequestEnvelope,
  exchange: Exchange,
): void {
  const { core } = stack
  const { transaction } = exchange
  const refusal = refusalOf(leg)
  if (refusal !== undefined || !transaction) {
    const seconds = core.config.ids.uint32() % 11
    const headers = refusal === 500 ? [retryAfter(seconds)] : []
    respond(core, exchange, refusal ?? 500, { headers })
    return
  }
  leg.offered = { envelope, transaction, dialog }
  core.emit({ type: 'reoffered', legId: leg.id, sdp: sdpOf(envelope.request) })
}

/** 491: an offer of ours has no answer yet. 500: one of theirs has none. */
function refusalOf(leg: Leg): 491 | 500 | undefined {
  const weOffered = leg.reinvite || leg.accepted?.offered || (leg.outgoing && !leg.established)
  if (weOffered) return 491
  const open = leg.offered || (leg.pending && !leg.answeredEarly)
  return open ? 500 : undefined
}

/** The answer to such an offer; undefined: we keep what we have. */
export function answerOffered(stack: Stack, leg: Leg, sdp: string | undefined): void {
  const { offered } = leg
  if (!offered) return
  leg.offered = undefined
  const { envelope, transaction, dialog } = offered
  const exchange = { request: envelope.request, flow: transaction.flow, transaction }
  if (sdp === undefined) respond(stack.core, exchange, 488)
  else {
    leg.localSdp = sdp
    acceptRefresh(stack, leg, dialog, envelope, exchange, sdp)
  }
  sendWaitingOffer(stack, leg)
}

function acceptRefresh(
  stack: Stack,
  leg: Leg,
  dialog: Dialog,
  envelope: RequestEnvelope,
  exchange: Exchange,
  sdp?: string,
): void {
  const { core } = stack
  const { method, headers } = envelope.request
  const isUpdate = method === 'UPDATE'
  noteAllow(leg, headers)
  // RFC 3311 §5.1: UPDATE refreshes the target; PRACK does not (RFC 3262 §6).
  if (isUpdate && envelope.contact) dialog.remoteTarget = envelope.contact.uri
  const session = isUpdate && leg.established ? renewByRequest(stack, leg, headers) : []
  const contact = contactTo(core, replyDestination(exchange.flow, envelope.via), dialog.secure)
  const fields = isUpdate ? [contact, ...abilityFields(core), ...session] : []
  respond(core, exchange, 200, sdp === undefined ? { headers: fields } : { headers: fields, sdp })
}
