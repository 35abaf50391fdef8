import { fail, ok, type Result } from '../base/result.js'
import { retryAfter } from './admission.js'
import type { SipConfig } from './core.js'
import type { Flow, HeaderField } from './events.js'
import { formatParams } from './grammar.js'
import type { RequestEnvelope } from './inspect.js'
import type { Admitted } from './leg-events.js'
import type { Binding } from './outside-events.js'
import { type Requested, requestedBindings, valuesOf } from './requested-bindings.js'
import { type Exchange, type ResponseParts, respond } from './respond.js'
import { optionTags } from './session-timer.js'
import type { Stack } from './stack.js'
import { parseSipUri, userOf } from './uri.js'
import { isSameUri } from './uri-equality.js'

const bindingsPerAddressMax = 10
const userLengthMax = 256
const retryAfterSeconds = 60
/** RFC 5626 §5.4: how long a connection may be silent. */
const flowTimerSeconds = 120

interface Fault extends ResponseParts {
  readonly status: number
}

/**
 * RFC 3261 §10.3, for who was let in. The exchange has a transaction: a retransmission must not be
 * taken for a request that came out of order.
 */
export function register(
  stack: Stack,
  envelope: RequestEnvelope,
  exchange: Exchange,
  admission: Admitted,
): void {
  const { core, bindings } = stack
  const outcome = update(stack, envelope, exchange.flow, admission)
  if (!outcome.ok) {
    const { status } = outcome.problem
    if (status === 503) core.count('tooManyBindings')
    respond(core, exchange, status, outcome.problem)
    return
  }
  const { addressOfRecord, next, isChange } = outcome.value
  if (isChange) bindings.replace(addressOfRecord, next)
  const headers = [
    ...next.map((binding) => contactField(binding, core.nowMs)),
    ...extensionFields(envelope, exchange.flow, outcome.value.requested),
  ]
  respond(core, exchange, 200, { headers })
}

/** What a user of a domain of ours is known by. */
export function addressOfRecordOf(
  user: string,
  host: string,
  { realm, recordDomainOf }: Pick<SipConfig, 'realm' | 'recordDomainOf'>,
): string {
  return `${user}@${recordDomainOf?.(host) ?? realm}`
}

interface Update {
  readonly addressOfRecord: string
  readonly requested: readonly Requested[]
  /** All bindings of the address from now on. */
  readonly next: readonly Binding[]
  readonly isChange: boolean
}

/** What the request asks for as a whole, or why nothing of it is done (§10.3, steps 3 to 7). */
function update(
  stack: Stack,
  envelope: RequestEnvelope,
  flow: Flow,
  { trust, username }: Admitted,
): Result<Update, Fault> {
  const { core, bindings } = stack
  const to = parseSipUri(envelope.to.uri)
  const user = to && userOf(to)
  if (trust === 'digest' && username !== user) return fail({ status: 403 })
  const isOurs = to !== undefined && core.config.isOwnDomain(to.host)
  if (!isOurs || !user || user.length > userLengthMax) return fail({ status: 404 })
  const addressOfRecord = addressOfRecordOf(user, to.host, core.config)
  const before = bindings.of(addressOfRecord)
  const requested = requestedBindings(envelope, flow, addressOfRecord, core.nowMs)
  if (!requested.ok) return fail(requested.problem)
  const all = requested.value
  const next = all === 'removeAll' ? removeAll(before, envelope) : merge(before, all)
  if (!next.ok) return fail(next.problem)
  const more = next.value.length - before.length
  const isTooMany = next.value.length > bindingsPerAddressMax || more > bindings.room
  if (more > 0 && isTooMany) {
    return fail({ status: 503, headers: [retryAfter(retryAfterSeconds)] })
  }
  const isChange =
    next.value.length !== before.length ||
    next.value.some((binding, index) => binding !== before[index])
  const list = all === 'removeAll' ? [] : all
  return ok({ addressOfRecord, requested: list, next: next.value, isChange })
}

const outOfOrder: Fault = { status: 500, reason: 'Out Of Order' }

/** §10.3, step 6: `Contact: *`. */
function removeAll(
  before: readonly Binding[],
  envelope: RequestEnvelope,
): Result<readonly Binding[], Fault> {
  const isLate = before.some((binding) => isOlder(envelope, binding))
  return isLate ? fail(outOfOrder) : ok([])
}

/** §10.3, step 7: a binding that a later request of the same registration made is not undone. */
function merge(
  before: readonly Binding[],
  requested: readonly Requested[],
): Result<readonly Binding[], Fault> {
  let next = [...before]
  for (const { binding, isRemoval } of requested) {
    const replaced = next.filter((old) => replaces(binding, isRemoval, old, before.includes(old)))
    if (replaced.some((old) => before.includes(old) && isOlder(binding, old))) {
      return fail(outOfOrder)
    }
    next = next.filter((old) => !replaced.includes(old))
    if (!isRemoval) next.push(binding)
  }
  return ok(next)
}

function isOlder(request: { callId: string; cseq: number }, binding: Binding): boolean {
  return request.callId === binding.callId && request.cseq <= binding.cseq
}

/**
 * Whether `old` gives way: the same flow of the same device (RFC 5626 §6), else the same Contact. A
 * device without flows that comes back at another address leaves the old one, too; but the removal of
 * an address says nothing about the others of the device.
 */
function replaces(binding: Binding, isRemoval: boolean, old: Binding, wasBefore: boolean): boolean {
  const isSameDevice = binding.instanceId !== undefined && binding.instanceId === old.instanceId
  if (isSameDevice && binding.regId !== undefined && old.regId !== undefined) {
    return binding.regId === old.regId
  }
  if (isSameUri(binding.contactUri, old.contactUri)) return true
  const isSingle = binding.regId === undefined && old.regId === undefined
  return isSameDevice && isSingle && wasBefore && !isRemoval
}

/** §10.3, step 8. */
function contactField(binding: Binding, nowMs: number): HeaderField {
  const { contactUri, priority, instanceId, regId, expiresAtMs } = binding
  const params = new Map<string, string>()
  if (priority !== 1) params.set('q', String(priority))
  params.set('expires', String(Math.max(1, Math.ceil((expiresAtMs - nowMs) / 1000))))
  if (instanceId !== undefined) params.set('+sip.instance', instanceId)
  if (regId !== undefined) params.set('reg-id', String(regId))
  return { name: 'Contact', value: `<${contactUri}>${formatParams(params)}` }
}

function extensionFields(
  envelope: RequestEnvelope,
  flow: Flow,
  requested: readonly Requested[],
): HeaderField[] {
  const { headers } = envelope.request
  const supported = optionTags(headers, 'Supported')
  const fields: HeaderField[] = []
  // RFC 3327 §5.3
  if (supported.has('path')) {
    for (const value of valuesOf(headers, 'Path')) fields.push({ name: 'Path', value })
  }
  const hasFlows = requested.some(({ binding }) => binding.regId !== undefined)
  // RFC 5626 §4.4.2: over UDP the device would then wait for answers to STUN, which we do not speak.
  const isConnected = flow.connectionId !== undefined
  if (supported.has('outbound') && hasFlows && isConnected && envelope.viaCount === 1) {
    fields.push({ name: 'Require', value: 'outbound' })
    fields.push({ name: 'Flow-Timer', value: String(flowTimerSeconds) })
  }
  return fields
}
