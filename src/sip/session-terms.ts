import type { HeaderField } from './events.js'
import type { ResponseEnvelope } from './inspect.js'
import type { Leg } from './leg.js'
import { headerOf } from './message.js'
import { intervalFields, sessionIntervalOf } from './session-timer.js'

/** What a request within the dialog says of the session: the roles stay as they are (RFC 4028 §7.4). */
export function sessionFields(leg: Leg): HeaderField[] {
  const { sessionTimer } = leg
  if (sessionTimer?.refresher === undefined) return []
  const refresher = sessionTimer.refresher === 'us' ? 'uac' : 'uas'
  return intervalFields(sessionTimer.minimumS, refresher)
}

/** A 2xx of the peer to a request of ours that refreshes the session. */
export function renewByResponse(leg: Leg, { response }: ResponseEnvelope): void {
  noteAllow(leg, response.headers)
  const interval = sessionIntervalOf(response.headers)
  // RFC 4028 §7.2: without a role in the answer it is ours.
  leg.sessionTimer?.start(
    interval && { seconds: interval.seconds, weRefresh: interval.refresher !== 'uas' },
  )
}

/** Whether the peer takes UPDATE, by the latest Allow that it sent. */
export function noteAllow(leg: Leg, headers: readonly HeaderField[]): void {
  const allow = headerOf(headers, 'Allow')
  if (allow !== undefined) leg.allowsUpdate = /(^|[\s,])UPDATE([\s,]|$)/i.test(allow)
}
