import type { Dialog } from './dialog.js'
import { isDialogLost, loseDialog, sendInDialog } from './dialog-request.js'
import { parseNumber } from './grammar.js'
import type { RequestEnvelope } from './inspect.js'
import type { Leg } from './leg.js'
import type { LegCommand } from './leg-events.js'
import { headerOf, headerValues } from './message.js'
import { parseNameAddr } from './name-addr.js'
import { Referral } from './referral.js'
import { replacesOfUri } from './replaces.js'
import { contactTo, type Exchange, replyDestination, respond } from './respond.js'
import { statusOfSipfrag } from './sipfrag.js'
import type { Stack } from './stack.js'
import { parseSipUri } from './uri.js'

/** REFER within a call (RFC 3515 §2.4.2): the call layer says what becomes of it. */
export function receiveRefer(
  stack: Stack,
  leg: Leg,
  dialog: Dialog,
  envelope: RequestEnvelope,
  exchange: Exchange,
): void {
  const { core, legs, referrals } = stack
  const { headers } = envelope.request
  const { transaction } = exchange
  const values = headerValues(headers, 'Refer-To')
  const target = values.length === 1 ? parseNameAddr(values[0] ?? '')?.uri : undefined
  if (target === undefined) {
    respond(core, exchange, 400, { reason: 'Bad Refer-To' })
    return
  }
  const uri = parseSipUri(target)
  if (!uri && !/^tel:\+?[0-9().-]+$/i.test(target)) {
    respond(core, exchange, 416)
    return
  }
  // One transfer at a time, and only of a call that there is.
  if (!transaction || !leg.established || leg.hangingUp || referrals.isBusy(leg.id)) {
    respond(core, exchange, 491)
    return
  }
  const isFirst = !leg.wasReferred
  leg.wasReferred = true
  const referral = new Referral(stack, leg, dialog, envelope, transaction, isFirst)
  referrals.add(referral)
  const replaced = uri?.headers === undefined ? undefined : replacesOfUri(uri.headers)
  core.emit({
    type: 'referred',
    legId: leg.id,
    referId: referral.id,
    target,
    replacedLegId: replaced && legs.findReplaced(replaced)?.id,
    referredBy: headerOf(headers, 'Referred-By'),
  })
}

/** SUBSCRIBE to the reports on a REFER: only those go on that there are (RFC 3515 §2.4.4). */
export function receiveReferSubscribe(
  stack: Stack,
  leg: Leg,
  dialog: Dialog,
  envelope: RequestEnvelope,
  exchange: Exchange,
): void {
  const { core, referrals } = stack
  const { headers } = envelope.request
  const event = headerOf(headers, 'Event')?.replace(/\s+/g, '').toLowerCase() ?? ''
  const referral = referrals.findByEvent(leg.id, event)
  if (!referral) {
    const isRefer = event.split(';')[0] === 'refer'
    const allowed = { name: 'Allow-Events', value: 'refer' }
    respond(core, exchange, isRefer ? 481 : 489, isRefer ? {} : { headers: [allowed] })
    return
  }
  const wanted = parseNumber(headerOf(headers, 'Expires')?.trim() ?? '', 0xffff_ffff)
  const granted = Math.min(wanted ?? 60, 180)
  const contact = contactTo(core, replyDestination(exchange.flow, envelope.via), dialog.secure)
  const expires = { name: 'Expires', value: String(granted) }
  respond(core, exchange, 200, { headers: [contact, expires] })
  referral.renew(granted)
}

export function answerRefer(stack: Stack, command: LegCommand & { type: 'answerRefer' }): void {
  stack.referrals.get(command.referId)?.answer(command.status)
}

export function reportRefer(stack: Stack, command: LegCommand & { type: 'reportRefer' }): void {
  stack.referrals.get(command.referId)?.report(command.status)
}

/** REFER of ours: the peer is asked to call another (RFC 3515 §2.4.1). */
export function sendRefer(stack: Stack, command: LegCommand & { type: 'refer' }): void {
  const { core } = stack
  const leg = stack.legs.get(command.legId)
  if (!leg?.dialog || !leg.established || leg.hangingUp) return
  const { dialog, id: legId } = leg
  sendInDialog(stack, dialog, {
    method: 'REFER',
    credentials: leg.credentials,
    headers: [
      { name: 'Refer-To', value: `<${command.target}>` },
      // RFC 3892 §2.1: who asks.
      { name: 'Referred-By', value: `<${parseNameAddr(dialog.local)?.uri ?? ''}>` },
    ],
    done: (status) => {
      if (!stack.legs.has(leg)) return
      // RFC 6665 §4.1.2.4: reports may overtake the answer.
      leg.expectsReports = status < 300
      core.emit({ type: 'referAnswered', legId, status })
      if (isDialogLost(status)) loseDialog(stack, leg)
    },
  })
  leg.expectsReports = true
}

/** A report on a REFER of ours (RFC 3515 §2.4.5); other NOTIFYs belong to no subscription. */
export function receiveReport(
  stack: Stack,
  leg: Leg,
  envelope: RequestEnvelope,
  exchange: Exchange,
): void {
  const { core } = stack
  const { headers, body } = envelope.request
  const event = headerOf(headers, 'Event')?.split(';')[0]?.trim().toLowerCase()
  const state = headerOf(headers, 'Subscription-State')?.split(';')[0]?.trim().toLowerCase()
  if (event !== 'refer') {
    respond(core, exchange, 489, { headers: [{ name: 'Allow-Events', value: 'refer' }] })
    return
  }
  if (state === undefined) {
    respond(core, exchange, 400, { reason: 'Subscription-State Missing' })
    return
  }
  if (!leg.expectsReports) {
    respond(core, exchange, 481)
    return
  }
  respond(core, exchange, 200)
  const isLast = state === 'terminated'
  if (isLast) leg.expectsReports = false
  const status = statusOfSipfrag(headers, body)
  core.emit({ type: 'referReported', legId: leg.id, status, isLast })
}
