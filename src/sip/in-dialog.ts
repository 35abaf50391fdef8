import { retryAfter } from './admission.js'
import type { Dialog } from './dialog.js'
import { isDialogLost, loseDialog, sendBye, sendInDialog } from './dialog-request.js'
import { extensionFault, sessionFault } from './faults.js'
import type { RequestEnvelope } from './inspect.js'
import type { Leg } from './leg.js'
import type { LegCommand } from './leg-events.js'
import { headerOf, sdpOf } from './message.js'
import { receivePrack } from './prack.js'
import { receiveRefer, receiveReferSubscribe, receiveReport } from './refer.js'
import { allowField, type Exchange, replyDestination, respond } from './respond.js'
import { reoffer, sendWaitingOffer } from './session-refresh.js'
import { noteAllow } from './session-terms.js'
import type { Stack } from './stack.js'
import { receiveResubscribe } from './subscribe.js'
import { acceptPending, capabilities, refusePending } from './uas.js'
import { answerOffered, receiveUpdate } from './update.js'

/** A request with a To tag that is not an ACK (RFC 3261 §12.2.2). */
export function receiveInDialog(stack: Stack, envelope: RequestEnvelope, plain: Exchange): void {
  const { core, legs, transactions } = stack
  const found = legs.findDialog(envelope)
  const isSubscription = envelope.request.method === 'SUBSCRIBE' && !found
  if (!found && !(isSubscription && stack.subscriptions.find(envelope))) {
    respond(core, plain, 481)
    return
  }
  if (transactions.isFull(true)) {
    core.count('tooManyTransactions')
    respond(core, plain, 503, { headers: [retryAfter(5)] })
    return
  }
  const destination = replyDestination(plain.flow, envelope.via)
  const transaction = transactions.addServer(envelope, plain.flow, destination)
  const exchange = { ...plain, transaction }
  if (!found) {
    receiveResubscribe(stack, envelope, exchange)
    return
  }
  const { leg, dialog } = found
  // §12.2.2: out of order.
  if (dialog.remoteCSeq !== undefined && envelope.cseq < dialog.remoteCSeq) {
    respond(core, exchange, 500)
    return
  }
  dialog.remoteCSeq = envelope.cseq
  // The connection that the peer uses now is the way back (RFC 5923 §9).
  if (plain.flow.connectionId !== undefined && dialog.destination) {
    dialog.destination = { ...dialog.destination, flow: plain.flow }
  }
  const fault = extensionFault(envelope.request.headers)
  if (fault && envelope.request.method !== 'BYE') {
    respond(core, exchange, fault.status, fault)
    return
  }
  receiveKnown(stack, leg, dialog, envelope, exchange)
}

function receiveKnown(
  stack: Stack,
  leg: Leg,
  dialog: Dialog,
  envelope: RequestEnvelope,
  exchange: Exchange,
): void {
  const { core } = stack
  switch (envelope.request.method) {
    case 'BYE': {
      receiveBye(stack, leg, envelope, exchange)
      return
    }
    case 'INVITE': {
      receiveReinvite(stack, leg, envelope, exchange)
      return
    }
    case 'MESSAGE':
    case 'INFO': {
      respond(core, exchange, 200)
      const { headers, body } = envelope.request
      core.emit({
        type: 'informed',
        legId: leg.id,
        contentType: headerOf(headers, 'Content-Type') ?? '',
        body: Buffer.from(body).toString('utf8'),
      })
      return
    }
    case 'PRACK': {
      receivePrack(stack, leg, dialog, envelope, exchange)
      return
    }
    case 'UPDATE': {
      receiveUpdate(stack, leg, dialog, envelope, exchange)
      return
    }
    case 'REFER': {
      receiveRefer(stack, leg, dialog, envelope, exchange)
      return
    }
    case 'SUBSCRIBE': {
      receiveReferSubscribe(stack, leg, dialog, envelope, exchange)
      return
    }
    case 'NOTIFY': {
      receiveReport(stack, leg, envelope, exchange)
      return
    }
    case 'OPTIONS': {
      respond(core, exchange, 200, { headers: capabilities(stack) })
      return
    }
    default:
      respond(core, exchange, 405, { headers: [allowField(core)] })
  }
}

/** RFC 3261 §15.1.2: whatever was still open for the dialog ends with 487. */
function receiveBye(stack: Stack, leg: Leg, envelope: RequestEnvelope, exchange: Exchange): void {
  if (leg.outgoing && !leg.established) {
    // RFC 3261 §15: the callee ends an early dialog by refusing the INVITE.
    respond(stack.core, exchange, 481)
    return
  }
  respond(stack.core, exchange, 200)
  refusePending(stack, leg, 487)
  const reason = headerOf(envelope.request.headers, 'Reason')
  // When both sides hang up at once, ours was the cause we know.
  stack.legs.end(leg, leg.hangingUp ? 'hungUp' : 'bye', reason)
}

/** RFC 3261 §14.2 */
function receiveReinvite(
  stack: Stack,
  leg: Leg,
  envelope: RequestEnvelope,
  exchange: Exchange,
): void {
  const { core } = stack
  if (leg.hangingUp || !exchange.transaction) {
    respond(core, exchange, 481)
    return
  }
  if (leg.pending) {
    const seconds = core.config.ids.uint32() % 11
    respond(core, exchange, 500, { headers: [retryAfter(seconds)] })
    return
  }
  // RFC 5407 §3.1.4: our 2xx was not acknowledged yet. §14.2: an INVITE of ours has no answer yet.
  if (leg.accepted || leg.reinvite || !leg.established) {
    respond(core, exchange, 491)
    return
  }
  const fault = sessionFault(envelope)
  if (fault) {
    respond(core, exchange, fault.status, fault)
    return
  }
  respond(core, exchange, 100)
  leg.pending = { envelope, transaction: exchange.transaction }
  exchange.transaction.legId = leg.id
  core.emit({ type: 'reoffered', legId: leg.id, sdp: sdpOf(envelope.request) })
}

export function answerReoffer(stack: Stack, command: LegCommand & { type: 'answerReoffer' }): void {
  const leg = stack.legs.get(command.legId)
  if (leg?.offered) {
    answerOffered(stack, leg, command.sdp)
    return
  }
  if (!leg?.pending || !leg.established || !leg.dialog) return
  if (command.sdp === undefined) {
    refusePending(stack, leg, 488)
    sendWaitingOffer(stack, leg)
    return
  }
  // §12.2.2: an accepted INVITE refreshes the target.
  const { contact, request } = leg.pending.envelope
  noteAllow(leg, request.headers)
  if (contact) leg.dialog.remoteTarget = contact.uri
  acceptPending(stack, leg, command.sdp)
}

/** The ACK of a 2xx (RFC 3261 §13.3.1.4); false when it belongs to nothing. */
export function receiveAck(stack: Stack, envelope: RequestEnvelope): boolean {
  const leg = stack.legs.findDialog(envelope)?.leg
  if (!leg) return false
  const { accepted } = leg
  if (!accepted || accepted.cseq !== envelope.cseq) return true
  stack.core.deadlines.delete(accepted)
  leg.accepted = undefined
  if (leg.hangingUp) {
    sendBye(stack, leg, leg.hangingUp.reason)
    return true
  }
  sendWaitingOffer(stack, leg)
  // The ACK of a re-INVITE is of interest only for the answer it carries.
  if (!accepted.initial && !accepted.offered) return true
  const sdp = accepted.offered ? sdpOf(envelope.request) : undefined
  stack.core.emit({ type: 'confirmed', legId: leg.id, sdp })
  return true
}

/** RFC 6086 */
export function sendInfo(stack: Stack, command: LegCommand & { type: 'info' }): void {
  const leg = stack.legs.get(command.legId)
  if (!leg?.dialog || !leg.established || leg.hangingUp) return
  sendInDialog(stack, leg.dialog, {
    method: 'INFO',
    credentials: leg.credentials,
    headers: [{ name: 'Content-Type', value: command.contentType }],
    body: Buffer.from(command.body, 'utf8'),
    done: (status) => {
      if (isDialogLost(status)) loseDialog(stack, leg)
    },
  })
}

/** A new offer of ours, once the call is answered. */
export function sendReoffer(stack: Stack, command: LegCommand & { type: 'reoffer' }): void {
  const leg = stack.legs.get(command.legId)
  if (leg && !leg.hangingUp) reoffer(stack, leg, command.sdp)
}

/** Whatever the state of the leg asks for: 480, CANCEL or BYE (RFC 3261 §15). */
export function hangUp(stack: Stack, command: LegCommand & { type: 'hangUp' }): void {
  const leg = stack.legs.get(command.legId)
  if (!leg || leg.hangingUp) return
  leg.hangingUp = { reason: command.reason }
  if (!leg.established) {
    if (leg.outgoing) leg.outgoing.cancel()
    else {
      refusePending(stack, leg, 480)
      stack.legs.end(leg, 'hungUp')
    }
    return
  }
  refusePending(stack, leg, 487)
  // §15: the callee waits for the ACK before its BYE.
  if (!leg.accepted) sendBye(stack, leg, command.reason)
}
