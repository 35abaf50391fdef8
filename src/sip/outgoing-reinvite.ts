import type { Timed } from './core.js'
import type { Destination, Dialog } from './dialog.js'
import {
  buildInDialog,
  isDialogLost,
  loseDialog,
  sendAck,
  withDestination,
} from './dialog-request.js'
import { authorize } from './digest-client.js'
import type { HeaderField } from './events.js'
import type { ResponseEnvelope } from './inspect.js'
import type { Leg } from './leg.js'
import { type SipRequest, sdpOf } from './message.js'
import { abilityFields } from './respond.js'
import { renewByResponse, sessionFields } from './session-terms.js'
import { minimumOf } from './session-timer.js'
import type { Stack } from './stack.js'
import { giveUpMs } from './timers.js'
import type { ClientTransaction } from './transaction-layer.js'

const attemptsMax = 5
/** A phone may ask its user; who has said nothing by then never will. */
const answerMaxMs = 180_000

/** A re-INVITE of ours with its repetitions (RFC 3261 §14.1). It outlives its leg for late 2xx. */
export class OutgoingReinvite {
  readonly #stack: Stack
  readonly #leg: Leg
  readonly #dialog: Dialog
  readonly #sdp: string
  readonly #done: (status: number, sdp: string | undefined) => void
  #attempts = 0
  #authorization: HeaderField[] = []
  #backoff: Timed | undefined
  #transaction: ClientTransaction | undefined
  /** A transaction in Proceeding has no timer of its own (RFC 3261 §17.1.1.2). */
  readonly #patience: Timed = { timeout: () => this.#giveUp() }
  #settled = false

  constructor(
    stack: Stack,
    leg: Leg,
    dialog: Dialog,
    sdp: string,
    done: (status: number, sdp: string | undefined) => void,
  ) {
    this.#stack = stack
    this.#leg = leg
    this.#dialog = dialog
    this.#sdp = sdp
    this.#done = done
  }

  start(): void {
    const { core, legs, transactions } = this.#stack
    this.#attempts++
    withDestination(this.#stack, this.#dialog, (destination) => {
      // The leg may have ended while the name was resolved.
      if (!legs.has(this.#leg) || this.#leg.hangingUp) return
      if (!destination || transactions.isFull(true)) {
        if (destination) core.count('tooManyTransactions')
        this.#settle(503, undefined)
        return
      }
      this.#send(destination)
    })
  }

  /** The leg is gone. */
  release(): void {
    if (this.#backoff) this.#stack.core.deadlines.delete(this.#backoff)
    this.#backoff = undefined
    // Its final response may be lost with the dialog, as nobody would repeat it.
    const { deadlines, nowMs } = this.#stack.core
    if (this.#transaction) deadlines.set(this.#patience, nowMs + giveUpMs)
  }

  #giveUp(): void {
    this.#transaction?.abandon()
    this.#transaction = undefined
    this.#lost(408)
  }

  #final(): void {
    this.#transaction = undefined
    this.#stack.core.deadlines.delete(this.#patience)
  }

  #send(destination: Destination): void {
    const { core, transactions } = this.#stack
    const cseq = ++this.#dialog.localCSeq
    const request = buildInDialog(this.#stack, this.#dialog, destination, {
      method: 'INVITE',
      cseq,
      headers: [
        ...abilityFields(core),
        ...sessionFields(this.#leg),
        ...this.#authorization,
        { name: 'Content-Type', value: 'application/sdp' },
      ],
      body: Buffer.from(this.#sdp, 'utf8'),
    })
    let ack: { readonly destination: Destination; readonly bytes: Uint8Array } | undefined
    core.deadlines.set(this.#patience, core.nowMs + answerMaxMs)
    this.#transaction = transactions.startClient(request, destination, transactions.newBranch(), {
      response: (envelope) => {
        const { status } = envelope.response
        if (status < 200) return
        this.#final()
        if (status >= 300) {
          this.#refused(request, envelope)
          return
        }
        // RFC 3261 §13.2.2.4: each 2xx that comes again gets its ACK again.
        if (ack) {
          core.send(ack.destination, ack.bytes)
          return
        }
        this.#accepted(envelope, cseq, (to, bytes) => {
          ack = { destination: to, bytes }
        })
      },
      failed: (why) => {
        this.#final()
        this.#lost(why === 'timeout' ? 408 : 503)
      },
    })
  }

  #accepted(
    envelope: ResponseEnvelope,
    cseq: number,
    acknowledged: (destination: Destination, bytes: Uint8Array) => void,
  ): void {
    // §12.2.1.2: the peer may have moved.
    if (envelope.contact) this.#dialog.remoteTarget = envelope.contact.uri
    sendAck(this.#stack, this.#dialog, cseq, this.#authorization, acknowledged)
    if (!this.#stack.legs.has(this.#leg)) return
    this.#leg.localSdp = this.#sdp
    renewByResponse(this.#leg, envelope)
    this.#settle(envelope.response.status, sdpOf(envelope.response))
  }

  #refused(request: SipRequest, envelope: ResponseEnvelope): void {
    const { core, legs } = this.#stack
    const leg = this.#leg
    const { response } = envelope
    if (!legs.has(leg) || leg.hangingUp) return
    if (this.#attempts < attemptsMax && this.#mayRepeat(request, envelope)) {
      this.start()
      return
    }
    if (response.status === 491 && this.#attempts < attemptsMax) {
      this.#backoff = { timeout: () => this.start() }
      core.deadlines.set(this.#backoff, core.nowMs + this.#backoffMs())
      return
    }
    this.#lost(response.status)
  }

  /** With credentials, or with the interval that the peer asks for. */
  #mayRepeat(request: SipRequest, { response }: ResponseEnvelope): boolean {
    const { credentials, sessionTimer } = this.#leg
    if (response.status === 422 && sessionTimer) {
      const minimumS = minimumOf(response.headers)
      const grows = minimumS > sessionTimer.minimumS
      sessionTimer.minimumS = minimumS
      return grows
    }
    if (!credentials || this.#authorization.length > 0) return false
    const field = authorize(this.#stack.core, request, response, credentials)
    if (field) this.#authorization = [field]
    return field !== undefined
  }

  /** RFC 3261 §14.1: who made the Call-ID waits longer. */
  #backoffMs(): number {
    const random = this.#stack.core.config.ids.uint32()
    return this.#leg.outgoing ? 2100 + 10 * (random % 191) : 10 * (random % 201)
  }

  #lost(status: number): void {
    const { legs } = this.#stack
    this.#settle(status, undefined)
    if (legs.has(this.#leg) && isDialogLost(status)) loseDialog(this.#stack, this.#leg)
  }

  #settle(status: number, sdp: string | undefined): void {
    if (this.#settled || !this.#stack.legs.has(this.#leg)) return
    this.#settled = true
    this.#done(status, sdp)
  }
}
