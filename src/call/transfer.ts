import type { Call } from './call.js'
import { isFinal } from './call-record.js'
import type { Referral } from './sip-leg.js'

/** A new party for who stays in the call; `by` has asked for it and is about to leave. */
export type OnTransfer = (target: string, by: Call) => Promise<void>

/**
 * Carries out a REFER (RFC 5589). Attended, of two calls that are both ours: the other side of the first
 * goes on in the second, and nobody is asked. Blind: who dialled decides. A caller that talks to nobody
 * but us cannot be transferred by itself.
 */
export async function transfer(
  call: Call,
  referral: Referral,
  second: Call | undefined,
): Promise<void> {
  const { leg, partner } = call
  const { referId, target, replacedLegId } = referral
  if (!partner || isFinal(partner.record.status)) {
    leg.answerRefer(referId, 603)
    return
  }
  if (replacedLegId !== undefined) {
    const sameOwner = second?.record.accountSid === call.record.accountSid
    const isOther = second !== undefined && second !== call && second !== partner
    if (!sameOwner || !isOther || !second.isAnswered) {
      leg.answerRefer(referId, 603)
      return
    }
    leg.answerRefer(referId, 202)
    await second.adopt(partner, (status) => leg.reportRefer(referId, status))
    return
  }
  const { onTransfer } = call
  if (!onTransfer) {
    leg.answerRefer(referId, 603)
    return
  }
  leg.answerRefer(referId, 202)
  const outcome = onTransfer(target, call)
  // Those who stay are in the hands of their application now: the transfer is done.
  await outcome.then(
    () => leg.reportRefer(referId, 200),
    () => leg.reportRefer(referId, 503),
  )
}
