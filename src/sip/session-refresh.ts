import { isDialogLost, loseDialog, sendBye, sendInDialog } from './dialog-request.js'
import type { HeaderField } from './events.js'
import type { Leg } from './leg.js'
import { OutgoingReinvite } from './outgoing-reinvite.js'
import { abilityFields } from './respond.js'
import { renewByResponse, sessionFields } from './session-terms.js'
import { type GrantedInterval, grantInterval, minimumOf, SessionTimer } from './session-timer.js'
import type { Stack } from './stack.js'

/** The session of a leg is refreshed, or expires (RFC 4028 §10). */
export function timeSession(stack: Stack, leg: Leg): SessionTimer {
  leg.sessionTimer ??= new SessionTimer(stack.core, (what) => {
    if (what === 'refresh') refresh(stack, leg)
    else expire(stack, leg)
  })
  return leg.sessionTimer
}

/** A 2xx of ours to such a request of the peer; its fields say what was granted. */
export function renewByRequest(
  stack: Stack,
  leg: Leg,
  headers: readonly HeaderField[],
): readonly HeaderField[] {
  const granted: GrantedInterval | undefined = grantInterval(headers)
  timeSession(stack, leg).start(granted)
  return granted?.fields ?? []
}

function refresh(stack: Stack, leg: Leg): void {
  const { dialog, sessionTimer } = leg
  if (!dialog || !sessionTimer || leg.hangingUp || !leg.established) return
  if (!leg.allowsUpdate) {
    refreshByInvite(stack, leg)
    return
  }
  sendInDialog(stack, dialog, {
    method: 'UPDATE',
    credentials: leg.credentials,
    headers: [...abilityFields(stack.core), ...sessionFields(leg)],
    done: (status, response) => {
      if (!stack.legs.has(leg) || leg.hangingUp) return
      if (response && status < 300) renewByResponse(leg, response)
      else if (isDialogLost(status)) loseDialog(stack, leg)
      else {
        if (response && status === 422) {
          sessionTimer.minimumS = minimumOf(response.response.headers)
        }
        sessionTimer.retryLater()
      }
    },
  })
}

/** The same description again: the peer sees that nothing changes (RFC 4028 §7.4). */
function refreshByInvite(stack: Stack, leg: Leg): void {
  const { dialog, localSdp } = leg
  // Another INVITE on its way refreshes the session just as well, if it succeeds.
  if (!dialog || localSdp === undefined || isNegotiating(leg)) {
    leg.sessionTimer?.retryLater()
    return
  }
  leg.reinvite = new OutgoingReinvite(stack, leg, dialog, localSdp, (status) => {
    leg.reinvite = undefined
    if (status >= 300) leg.sessionTimer?.retryLater()
    sendWaitingOffer(stack, leg)
  })
  leg.reinvite.start()
}

function expire(stack: Stack, leg: Leg): void {
  if (leg.hangingUp) return
  sendBye(stack, leg, 'SIP;cause=408;text="Session expired"')
  stack.legs.end(leg, 'sessionExpired')
}

/** Some offer is under way: another would cross it (RFC 3264 §4, RFC 3261 §14.1). */
export function isNegotiating(leg: Leg): boolean {
  const { pending, accepted, offered, reinvite } = leg
  return Boolean(pending || accepted || offered || reinvite)
}

/** A re-INVITE with a new offer, as soon as no other is under way. */
export function reoffer(stack: Stack, leg: Leg, sdp: string): void {
  leg.waitingOffer = sdp
  sendWaitingOffer(stack, leg)
}

/** To be called when something that was negotiated has come to its end. */
export function sendWaitingOffer(stack: Stack, leg: Leg): void {
  const { dialog, waitingOffer } = leg
  const isOpen = stack.legs.has(leg) && leg.established && !leg.hangingUp
  if (waitingOffer === undefined || !dialog || !isOpen || isNegotiating(leg)) return
  leg.waitingOffer = undefined
  leg.reinvite = new OutgoingReinvite(stack, leg, dialog, waitingOffer, (status, sdp) => {
    leg.reinvite = undefined
    stack.core.emit({ type: 'reanswered', legId: leg.id, status, sdp })
    sendWaitingOffer(stack, leg)
  })
  leg.reinvite.start()
}
