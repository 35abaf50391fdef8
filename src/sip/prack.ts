import type { Dialog } from './dialog.js'
import type { RequestEnvelope } from './inspect.js'
import type { Leg } from './leg.js'
import { sdpOf } from './message.js'
import { progress } from './provisional.js'
import { type Exchange, respond } from './respond.js'
import type { Stack } from './stack.js'
import { accept } from './uas.js'
import { receiveOffer } from './update.js'

/** PRACK (RFC 3262 §3). It may bring the answer to an offer of ours, or another offer (§5). */
export function receivePrack(
  stack: Stack,
  leg: Leg,
  dialog: Dialog,
  envelope: RequestEnvelope,
  exchange: Exchange,
): void {
  const { core, legs } = stack
  const { reliable, pending } = leg
  if (!reliable?.isAcknowledgedBy(envelope) || !pending) {
    respond(core, exchange, 481)
    return
  }
  legs.stopReliable(leg)
  const offeredByPeer = sdpOf(pending.envelope.request) !== undefined
  const answersOurs = reliable.hasSdp && !offeredByPeer && !leg.answeredEarly
  if (reliable.hasSdp) leg.answeredEarly = true
  const sdp = sdpOf(envelope.request)
  if (answersOurs || sdp === undefined) respond(core, exchange, 200)
  else receiveOffer(stack, leg, dialog, envelope, exchange)
  if (answersOurs) core.emit({ type: 'reanswered', legId: leg.id, status: 200, sdp })
  const next = leg.afterReliable
  leg.afterReliable = undefined
  if (next?.type === 'accept') accept(stack, next)
  else if (next) progress(stack, next)
}
