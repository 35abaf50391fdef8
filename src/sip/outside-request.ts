import { Challenges } from './challenges.js'
import type { Core, Timed } from './core.js'
import { type Destination, targetOf } from './dialog.js'
import type { ClientCredentials } from './digest.js'
import type { Flow, HeaderField, NameAddress, Target } from './events.js'
import { HopTargets } from './hop-targets.js'
import type { ResponseEnvelope } from './inspect.js'
import { locate } from './locate.js'
import { emptyBody, type SipRequest } from './message.js'
import { formatNameAddr, parseNameAddr } from './name-addr.js'
import { foreignFields } from './respond.js'
import { serializeMessage } from './serializer.js'
import type { Stack } from './stack.js'
import type { ClientTransaction } from './transaction-layer.js'
import { formatHostPort } from './uri.js'

/** At most so many requests outside of dialogs at a time. */
const requestsMax = 2000

/** A request outside of any dialog: OPTIONS, REGISTER, MESSAGE; not INVITE, ACK or CANCEL. */
export interface OutsideRequestParts {
  readonly method: string
  /** Request-URI. */
  readonly target: string
  /** Where to send it when not to the first route, nor to the Request-URI's host. */
  readonly nextHop?: string
  /** Route values in order: an outbound proxy, or a Service-Route (RFC 3608). */
  readonly routes?: readonly string[]
  /** The way to a registered device; overrides every other. */
  readonly flow?: Flow
  /** Which of several targets comes first, when it is one of them. */
  readonly prefer?: Target | undefined
  /** Default: our own address without a user. */
  readonly from?: NameAddress
  /** Default: the target. */
  readonly to?: NameAddress
  /** Default: a new one. */
  readonly callId?: string
  /** CSeq of the first attempt; default: 1. Each further attempt takes the next one. */
  readonly cseq?: number
  /** Default: 70. */
  readonly maxForwards?: number
  /** The Contact at this destination; default: none. */
  readonly contact?: (destination: Destination) => HeaderField
  /** Further fields; those that only the engine may write are left out. */
  readonly headers?: readonly HeaderField[]
  readonly body?: { readonly contentType: string; readonly bytes: Uint8Array }
  readonly credentials?: ClientCredentials | undefined
}

export interface OutsideOutcome {
  /** Final status; when `local`, 408 and 503 stand for silence and transport errors (RFC 3261 §8.1.3.1). */
  readonly status: number
  /** True when nobody has answered. */
  readonly local: boolean
  /** The final response; undefined when `local`. */
  readonly response: ResponseEnvelope | undefined
  /** The flow that the response came over. */
  readonly flow: Flow | undefined
  /** The last target that was tried. */
  readonly target: Target | undefined
  /** CSeq of the last attempt. */
  readonly cseq: number
}

/**
 * Sends a request outside of any dialog (RFC 3261 §8.1): locates its server, tries the next one on 503,
 * timeout and transport error (RFC 3263 §4.3), answers challenges. `done` comes exactly once and never
 * before this function has returned; not at all after `cancel`.
 */
export function sendOutside(
  stack: Stack,
  parts: OutsideRequestParts,
  done: (outcome: OutsideOutcome) => void,
): OutsideRequest {
  const request = new OutsideRequest(stack, parts, done)
  request.start()
  return request
}

export class OutsideRequest implements Timed {
  readonly #stack: Stack
  readonly #parts: OutsideRequestParts
  readonly #done: (outcome: OutsideOutcome) => void
  readonly #callId: string
  readonly #fromTag: string
  readonly #challenges: Challenges
  #targets = new HopTargets([])
  #transaction: ClientTransaction | undefined
  #cseq: number
  #isStarted = false
  #localStatus = 503

  constructor(stack: Stack, parts: OutsideRequestParts, done: (outcome: OutsideOutcome) => void) {
    const { ids } = stack.core.config
    this.#stack = stack
    this.#parts = parts
    this.#done = done
    this.#callId = parts.callId ?? ids.hex(16)
    this.#fromTag = ids.hex(12)
    this.#cseq = (parts.cseq ?? 1) - 1
    this.#challenges = new Challenges(stack.core, parts.credentials)
  }

  start(): void {
    const { core, outside } = this.#stack
    if (outside.size >= requestsMax) {
      core.count('tooManyOutsideRequests')
      this.#failSoon(503)
      return
    }
    outside.add(this)
    this.#locate()
    this.#isStarted = true
  }

  /** CSeq of the last attempt so far. */
  get cseq(): number {
    return this.#cseq
  }

  /** Forgets it, whatever may still come back. */
  cancel(): void {
    this.#transaction?.abandon()
    this.#stack.core.deadlines.delete(this)
    this.#stack.outside.delete(this)
  }

  /** Nobody could be asked. */
  timeout(): void {
    this.#end(this.#localStatus)
  }

  #locate(): void {
    const { flow, nextHop, routes = [], target, prefer } = this.#parts
    if (flow) {
      this.#targets = new HopTargets([targetOf(flow)])
      this.#attempt()
      return
    }
    const route = routes[0] === undefined ? undefined : parseNameAddr(routes[0])?.uri
    locate(this.#stack.core, nextHop ?? route ?? target, (targets) => {
      if (!this.#stack.outside.has(this)) return
      const preferred = targets.filter((one) => isSameTarget(one, prefer))
      const others = targets.filter((one) => !isSameTarget(one, prefer))
      this.#targets = new HopTargets([...preferred, ...others])
      this.#attempt()
    })
  }

  #attempt(): void {
    const { core, transactions } = this.#stack
    this.#targets.preferConnection((target) => serializeMessage(this.#request({ target })).length)
    const target = this.#targets.current
    const isFull = transactions.isFull(false)
    if (isFull) core.count('tooManyTransactions')
    if (!target || isFull) {
      this.#failSoon(503)
      return
    }
    this.#cseq++
    const { flow } = this.#parts
    const destination = flow ? { flow, target } : { target }
    const branch = transactions.newBranch()
    const request = this.#request(destination)
    this.#transaction = transactions.startClient(request, destination, branch, {
      response: (envelope, from) => this.#response(envelope, from),
      failed: (why) => this.#failed(why === 'timeout' ? 408 : 503),
    })
  }

  #request(destination: Destination): SipRequest {
    const { core } = this.#stack
    const { method, target, from, to = { uri: target }, routes = [], body } = this.#parts
    const { maxForwards = 70 } = this.#parts
    const contact = this.#parts.contact?.(destination)
    return {
      type: 'request',
      method,
      uri: target,
      headers: [
        ...routes.map((value) => ({ name: 'Route', value })),
        { name: 'Max-Forwards', value: String(maxForwards) },
        {
          name: 'From',
          value: formatNameAddr(from ?? ownAddress(core, destination), this.#fromTag),
        },
        { name: 'To', value: formatNameAddr(to) },
        { name: 'Call-ID', value: this.#callId },
        { name: 'CSeq', value: `${this.#cseq} ${method}` },
        ...(contact ? [contact] : []),
        { name: 'User-Agent', value: core.config.userAgent },
        ...this.#challenges.fields,
        ...foreignFields(this.#parts.headers),
        ...(body ? [{ name: 'Content-Type', value: body.contentType }] : []),
      ],
      body: body?.bytes ?? emptyBody,
    }
  }

  #response(envelope: ResponseEnvelope, flow: Flow): void {
    const { response } = envelope
    if (response.status < 200) return
    const request = this.#transaction?.request
    if (request && this.#challenges.answer(request, response)) this.#attempt()
    // RFC 3263 §4.3: 503 counts as a failure of this server.
    else if (response.status === 503 && this.#targets.next()) this.#attempt()
    else this.#end(response.status, { response: envelope, flow })
  }

  #failed(status: number): void {
    if (this.#targets.next()) this.#attempt()
    else this.#end(status)
  }

  /** At once, but not while the caller still waits for us to return. */
  #failSoon(status: number): void {
    const { core } = this.#stack
    this.#localStatus = status
    if (this.#isStarted) this.#end(status)
    else core.deadlines.set(this, core.nowMs)
  }

  #end(status: number, answer?: { response: ResponseEnvelope; flow: Flow }): void {
    this.#stack.outside.delete(this)
    this.#done({
      status,
      local: answer === undefined,
      response: answer?.response,
      flow: answer?.flow,
      target: this.#targets.current,
      cseq: Math.max(1, this.#cseq),
    })
  }
}

function isSameTarget(left: Target, right: Target | undefined): boolean {
  return (
    left.address === right?.address &&
    left.port === right.port &&
    left.transport === right.transport
  )
}

function ownAddress(core: Core, destination: Destination): NameAddress {
  const { host, port } = core.config.advertised(destination.flow ?? destination.target)
  return { uri: `sip:${formatHostPort(host, port)}` }
}
