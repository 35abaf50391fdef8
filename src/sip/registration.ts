import type { Timed } from './core.js'
import { type Destination, isSips } from './dialog.js'
import type { HeaderField, Target } from './events.js'
import type { ResponseEnvelope } from './inspect.js'
import type { RegisterCommand } from './outside-events.js'
import { type OutsideOutcome, type OutsideRequest, sendOutside } from './outside-request.js'
import { grantedS, minimumS, retryDelayMs, serviceRoutesOf } from './registration-answer.js'
import { RegistrationFlow } from './registration-flow.js'
import { contactTo } from './respond.js'
import type { Stack } from './stack.js'
import { escapeUser } from './uri.js'

/** How often in a row a registrar may want longer intervals. */
const lengtheningsMax = 3
/** However short the interval that is granted, and whatever fails. */
const pauseMinMs = 5_000
/** When a binding is refreshed, as a share of the time that was granted. */
const refreshShareMin = 0.5
const refreshShareMax = 0.75
/** A connection that held for so long was no failure. */
const stableMs = 60_000
/** How long the end of a registration may take. */
const leavingMs = 5_000

/** One registration of ours with a registrar (RFC 3261 §10.2), for as long as it is wanted. */
export class Registration implements Timed {
  readonly #stack: Stack
  readonly #gone: () => void
  readonly #callId: string
  #command: RegisterCommand
  #request: OutsideRequest | undefined
  #cseq = 0
  #askedS: number
  #lengthenings = 0
  #failures = 0
  #isFlowWanted = true
  #contactUri = ''
  #flow: RegistrationFlow | undefined
  #target: Target | undefined
  #serviceRoutes: readonly string[] = []
  #registeredAtMs = 0
  /** Until when the registrar holds our binding; undefined: it does not, as far as we know. */
  #expiresAtMs: number | undefined
  #isLeaving = false

  constructor(stack: Stack, command: RegisterCommand, gone: () => void) {
    this.#stack = stack
    this.#gone = gone
    this.#command = command
    this.#askedS = command.expiresS
    // RFC 3261 §10.2: the same for all REGISTERs to one registrar.
    this.#callId = stack.core.config.ids.hex(16)
    this.#register()
  }

  /** Registers anew with other settings: they are for the same address of record. */
  update(command: RegisterCommand): void {
    this.#command = command
    this.#askedS = command.expiresS
    this.#failures = 0
    this.#lengthenings = 0
    this.#isFlowWanted = true
    this.#isLeaving = false
    this.#register()
  }

  /** Ends it with the registrar, too, as far as that can be done in 5 s. */
  unregister(): void {
    if (this.#isLeaving) return
    this.#isLeaving = true
    this.#flow?.close()
    // A REGISTER that is under way may have been heard.
    if (this.#expiresAtMs === undefined && !this.#request) {
      this.#leave(200)
      return
    }
    this.#register()
    this.#stack.core.deadlines.set(this, this.#stack.core.nowMs + leavingMs)
  }

  /** RFC 5626 §4.4: without its connection a registration brings no calls. */
  disconnected(connectionId: number): void {
    if (this.#flow?.connectionId !== connectionId || this.#isLeaving) return
    this.#flow.close()
    this.#flow = undefined
    const { core } = this.#stack
    const isStable = core.nowMs - this.#registeredAtMs >= stableMs
    this.#failures = isStable ? 0 : this.#failures + 1
    const waitMs = isStable ? pauseMinMs * this.#random() : this.#retryMs()
    if (!this.#request) core.deadlines.set(this, core.nowMs + waitMs)
  }

  timeout(): void {
    if (this.#isLeaving) this.#leave(408)
    else this.#register()
  }

  #register(): void {
    const { core } = this.#stack
    this.#request?.cancel()
    core.deadlines.delete(this)
    const { registrar, addressOfRecord, proxy, credentials } = this.#command
    const expiresS = this.#isLeaving ? 0 : this.#askedS
    const parts = {
      method: 'REGISTER',
      target: registrar,
      routes: proxy === undefined ? [] : [`<${proxy}>`],
      from: { uri: addressOfRecord },
      to: { uri: addressOfRecord },
      callId: this.#callId,
      cseq: this.#nextCSeq(),
      prefer: this.#target,
      contact: (destination: Destination) => this.#contact(destination, expiresS),
      headers: [
        { name: 'Expires', value: String(expiresS) },
        { name: 'Supported', value: 'path, outbound' },
      ],
      credentials,
    }
    this.#request = sendOutside(this.#stack, parts, (outcome) => this.#answered(outcome))
  }

  /** Attempts of a request that was canceled have taken numbers, too. */
  #nextCSeq(): number {
    return Math.max(this.#cseq, this.#request?.cseq ?? 0) + 1
  }

  /** RFC 5626 §4.2; as we know no STUN, flows are for connections only. */
  #contact(destination: Destination, expiresS: number): HeaderField {
    const { contactUser, instanceId, registrar } = this.#command
    const { name, value } = contactTo(this.#stack.core, destination, isSips(registrar))
    const contact = value.replace(':', `:${escapeUser(contactUser)}@`)
    this.#contactUri = contact.slice(1, -1)
    const isFlow = this.#isFlowWanted && destination.target.transport !== 'udp'
    const params = `;expires=${expiresS};+sip.instance="<${instanceId}>"${isFlow ? ';reg-id=1' : ''}`
    return { name, value: contact + params }
  }

  #answered(outcome: OutsideOutcome): void {
    const { status, response } = outcome
    this.#request = undefined
    this.#cseq = outcome.cseq
    if (this.#isLeaving) this.#leave(status)
    else if (response && status < 300) this.#accepted(outcome, response)
    else if (response && this.#canAskOtherwise(response)) this.#register()
    else this.#failed(outcome)
  }

  /** Whether what the registrar did not like can be changed. */
  #canAskOtherwise(envelope: ResponseEnvelope): boolean {
    const { status } = envelope.response
    if (status === 423 && this.#lengthenings < lengtheningsMax) {
      const minimum = minimumS(envelope, this.#askedS)
      this.#lengthenings++
      this.#askedS = minimum ?? this.#askedS
      return minimum !== undefined
    }
    // RFC 5626 §11.6: First Hop Lacks Outbound Support.
    const canDoWithout = status === 439 && this.#isFlowWanted
    if (canDoWithout) this.#isFlowWanted = false
    return canDoWithout
  }

  #accepted(outcome: OutsideOutcome, envelope: ResponseEnvelope): void {
    const { core } = this.#stack
    const seconds = grantedS(envelope, this.#contactUri, this.#askedS)
    if (seconds === 0) {
      this.#failed(outcome)
      return
    }
    this.#failures = 0
    this.#lengthenings = 0
    this.#target = outcome.target
    this.#registeredAtMs = core.nowMs
    this.#expiresAtMs = core.nowMs + seconds * 1000
    this.#serviceRoutes = serviceRoutesOf(envelope)
    this.#flow?.close()
    this.#flow = outcome.flow && new RegistrationFlow(core, outcome.flow, envelope)
    // Early enough for several attempts, and not all registrations at once.
    const share = refreshShareMin + (refreshShareMax - refreshShareMin) * this.#random()
    core.deadlines.set(this, core.nowMs + Math.max(pauseMinMs, seconds * 1000 * share))
    this.#tell('registered', outcome.status)
  }

  #failed({ status, response }: OutsideOutcome): void {
    const { core } = this.#stack
    core.count('registrationFailed')
    this.#failures++
    this.#lengthenings = 0
    if ((this.#expiresAtMs ?? 0) <= core.nowMs) {
      this.#expiresAtMs = undefined
      this.#flow?.close()
      this.#flow = undefined
    }
    core.deadlines.set(this, core.nowMs + this.#retryMs(response))
    this.#tell('failed', status)
  }

  /** While the binding still holds, there is another attempt before it ends. */
  #retryMs(envelope?: ResponseEnvelope): number {
    const delayMs = retryDelayMs(this.#failures, this.#random(), envelope)
    const leftMs = (this.#expiresAtMs ?? Number.POSITIVE_INFINITY) - this.#stack.core.nowMs
    return Math.max(pauseMinMs, Math.min(delayMs, leftMs / 2))
  }

  #leave(status: number): void {
    this.#request?.cancel()
    this.#request = undefined
    this.#stack.core.deadlines.delete(this)
    this.#expiresAtMs = undefined
    this.#gone()
    this.#tell('unregistered', status)
  }

  #tell(state: 'registered' | 'failed' | 'unregistered', status: number): void {
    const isBound = this.#expiresAtMs !== undefined
    this.#stack.core.emit({
      type: 'registration',
      registrationId: this.#command.registrationId,
      state,
      status,
      expiresAtMs: this.#expiresAtMs,
      serviceRoutes: isBound ? this.#serviceRoutes : [],
      peerAddress: isBound ? this.#target?.address : undefined,
    })
  }

  /** From 0 to 1. */
  #random(): number {
    return this.#stack.core.config.ids.uint32() / 2 ** 32
  }
}
