import { retryAfter } from './admission.js'
import { uasDialog } from './dialog.js'
import { parseNumber } from './grammar.js'
import type { RequestEnvelope } from './inspect.js'
import type { Admitted } from './leg-events.js'
import { headerOf } from './message.js'
import { messageSummaryType } from './message-summary.js'
import type { OutsideCommand } from './outside-events.js'
import { addressOfRecordOf } from './registrar.js'
import { contactTo, type Exchange, replyDestination, respond } from './respond.js'
import type { Stack } from './stack.js'
import { Subscription } from './subscription.js'
import type { ServerTransaction } from './transaction-layer.js'
import { parseSipUri, userOf } from './uri.js'

/** Seconds. RFC 6665 §4.2.1.1 leaves the choice to us. */
const expires = { min: 60, normal: 3_600, max: 7_200 }
const allowEvents = { name: 'Allow-Events', value: 'message-summary, refer' }

/** SUBSCRIBE outside of a dialog (RFC 6665 §4.2.1): to the mailbox of a user of ours, by that user. */
export function receiveSubscribe(
  stack: Stack,
  envelope: RequestEnvelope,
  exchange: Exchange & { readonly transaction: ServerTransaction },
  { trust, username }: Admitted,
): void {
  const { core, subscriptions } = stack
  const { headers, uri: requestUri } = envelope.request
  const event = eventOf(envelope)
  if (event?.split(';')[0] !== 'message-summary') {
    respond(core, exchange, 489, { headers: [allowEvents] })
    return
  }
  const seconds = secondsOf(envelope)
  if (seconds === undefined) {
    respond(core, exchange, 423, { headers: [minimum] })
    return
  }
  const accept = headerOf(headers, 'Accept')?.toLowerCase()
  if (accept !== undefined && !accept.includes(messageSummaryType) && !accept.includes('*/*')) {
    respond(core, exchange, 406)
    return
  }
  const uri = parseSipUri(requestUri)
  const user = uri && userOf(uri)
  if (!uri || !user || !core.config.isOwnDomain(uri.host)) {
    respond(core, exchange, 404)
    return
  }
  if (trust === 'digest' && username !== user) {
    respond(core, exchange, 403)
    return
  }
  const addressOfRecord = addressOfRecordOf(user, uri.host, core.config)
  if (!subscriptions.hasRoom(addressOfRecord)) {
    core.count('tooManySubscriptions')
    respond(core, exchange, 503, { headers: [retryAfter(60)] })
    return
  }
  core.ask({ what: 'messageSummary', addressOfRecord }, (answer) => {
    if (answer?.what !== 'messageSummary' || !subscriptions.hasRoom(addressOfRecord)) {
      respond(core, exchange, 503, { headers: [retryAfter(5)] })
      return
    }
    const dialog = uasDialog(envelope, core.config.ids.hex(12), exchange.flow)
    const account = `sip:${uri.user}@${uri.host}`
    const parts = { addressOfRecord, account, event, dialog, summary: answer.summary }
    const subscription = new Subscription(stack, parts)
    subscriptions.add(subscription)
    grant(stack, envelope, exchange, subscription, seconds)
  })
}

/** SUBSCRIBE within its dialog: it goes on, or ends (§4.2.1.2). */
export function receiveResubscribe(
  stack: Stack,
  envelope: RequestEnvelope,
  exchange: Exchange,
): void {
  const { core, subscriptions } = stack
  const subscription = subscriptions.find(envelope)
  if (!subscription) {
    respond(core, exchange, 481)
    return
  }
  const { dialog } = subscription
  const seconds = secondsOf(envelope)
  if (dialog.remoteCSeq !== undefined && envelope.cseq <= dialog.remoteCSeq) {
    respond(core, exchange, 500)
  } else if (seconds === undefined) respond(core, exchange, 423, { headers: [minimum] })
  else {
    dialog.remoteCSeq = envelope.cseq
    if (envelope.contact) dialog.remoteTarget = envelope.contact.uri
    grant(stack, envelope, exchange, subscription, seconds)
  }
}

/** What waits in a mailbox has changed. */
export function updateSummary(
  stack: Stack,
  { addressOfRecord, summary }: OutsideCommand & { type: 'messageSummary' },
): void {
  for (const one of [...stack.subscriptions.of(addressOfRecord)]) one.update(summary)
}

function grant(
  stack: Stack,
  envelope: RequestEnvelope,
  exchange: Exchange,
  subscription: Subscription,
  seconds: number,
): void {
  const { localTag, secure } = subscription.dialog
  const contact = contactTo(stack.core, replyDestination(exchange.flow, envelope.via), secure)
  const headers = [contact, { name: 'Expires', value: String(seconds) }]
  respond(stack.core, exchange, 200, { headers, toTag: localTag })
  subscription.renew(seconds)
}

const minimum = { name: 'Min-Expires', value: String(expires.min) }

/** Lower case, with its parameters. */
function eventOf({ request }: RequestEnvelope): string | undefined {
  const value = headerOf(request.headers, 'Event')?.replace(/\s+/g, '').toLowerCase()
  return value !== undefined && value.length <= 128 ? value : undefined
}

/** Undefined: shorter than we allow. */
function secondsOf({ request }: RequestEnvelope): number | undefined {
  const value = headerOf(request.headers, 'Expires')?.trim()
  const wanted = value === undefined ? expires.normal : parseNumber(value, 0xffff_ffff)
  const seconds = Math.min(wanted ?? expires.normal, expires.max)
  return seconds > 0 && seconds < expires.min ? undefined : seconds
}
