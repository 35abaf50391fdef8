import { challenge, claimedCredential, retryAfter, verify } from './admission.js'
import { faultOf } from './faults.js'
import type { RequestEnvelope } from './inspect.js'
import type { Admitted } from './leg-events.js'
import { receiveMessage } from './message-request.js'
import { register } from './registrar.js'
import { findReplaced } from './replaces.js'
import { domainOf } from './request-domain.js'
import { type Exchange, replyDestination, respond } from './respond.js'
import type { Stack } from './stack.js'
import { receiveSubscribe } from './subscribe.js'
import type { ServerTransaction } from './transaction-layer.js'
import { capabilities, startLeg } from './uas.js'

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
  const { method } = envelope.request
  if (method === 'OPTIONS') {
    respond(core, exchange, 200, { headers: capabilities(stack) })
    return
  }
  if (method === 'INVITE' && stack.legs.isFull) {
    core.count('tooManyLegs')
    respond(core, exchange, 503, { headers: [retryAfter(5)] })
    return
  }
  if (!exchange.transaction && stack.transactions.isFull(false)) {
    refuseFull(stack, exchange)
    return
  }
  const transaction = exchange.transaction ?? begin(stack, envelope, exchange)
  const begun = { ...exchange, transaction }
  if (method === 'REGISTER') register(stack, envelope, begun, admission)
  else if (method === 'MESSAGE') receiveMessage(stack, envelope, begun, admission)
  else if (method === 'SUBSCRIBE') receiveSubscribe(stack, envelope, begun, admission)
  else startLeg(stack, envelope, transaction, admission, isWrong ? undefined : replaced)
}
