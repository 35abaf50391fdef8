import { Challenges } from './challenges.js'
import type { Timed } from './core.js'
import { type Destination, type Dialog, isSips, targetOf } from './dialog.js'
import { reasonField, sendAck, sendBye, sendInDialog } from './dialog-request.js'
import { EarlyDialogs } from './early-dialogs.js'
import type { Flow, HeaderField } from './events.js'
import { HopTargets } from './hop-targets.js'
import type { ResponseEnvelope } from './inspect.js'
import type { Leg } from './leg.js'
import type { InviteCommand } from './leg-events.js'
import { locate } from './locate.js'
import { emptyBody, headerOf, type SipRequest, sdpOf } from './message.js'
import { formatNameAddr, parseNameAddr } from './name-addr.js'
import { abilityFields, contactTo, foreignFields } from './respond.js'
import { serializeMessage } from './serializer.js'
import { timeSession } from './session-refresh.js'
import { noteAllow, renewByResponse } from './session-terms.js'
import { intervalFields, minimumOf, sessionSecondsMin } from './session-timer.js'
import type { Stack } from './stack.js'
import { reasonOf } from './status.js'
import { giveUpMs } from './timers.js'
import type { ClientTransaction } from './transaction-layer.js'
import { parseSipUri } from './uri.js'

const forksMax = 16

/** RFC 3261 §13.2 */
export function invite(stack: Stack, command: InviteCommand): void {
  const { core, legs, transactions } = stack
  const { legId } = command
  if (legs.get(legId)) return
  const full = legs.isFull ? 'tooManyLegs' : transactions.isFull(false) ? 'tooManyTransactions' : ''
  const bad = !parseSipUri(command.target)
  if (full !== '') core.count(full)
  if (full !== '' || bad) {
    const status = bad ? 416 : 503
    const reason = reasonOf(status)
    core.emit({ type: 'refused', legId, status, reason, headers: [], local: true })
    return
  }
  const callId = core.config.ids.hex(16)
  const localTag = core.config.ids.hex(12)
  const leg = legs.add({ id: legId, callId, localTag, credentials: command.credentials })
  const outgoing = new OutgoingInvite(stack, leg, command)
  leg.outgoing = outgoing
  outgoing.locate()
}

/** One INVITE of ours with its attempts, forks and its CANCEL. It outlives its leg for late 2xx. */
export class OutgoingInvite {
  readonly #stack: Stack
  readonly #leg: Leg
  readonly #command: InviteCommand
  readonly #challenges: Challenges
  #targets = new HopTargets([])
  #cseq = 0
  #transaction: ClientTransaction | undefined
  #branch = ''
  #provisional = false
  #canceling = false
  #cancelSent = false
  #cancelTimer: Timed | undefined
  readonly #early: EarlyDialogs
  /** ACKs by remote tag, to be sent again with each retransmitted 2xx (§13.2.2.4). */
  readonly #acks = new Map<string, { destination?: Destination; bytes?: Uint8Array }>()

  constructor(stack: Stack, leg: Leg, command: InviteCommand) {
    this.#stack = stack
    this.#leg = leg
    this.#command = command
    this.#challenges = new Challenges(stack.core, command.credentials)
    this.#early = new EarlyDialogs(stack, command.flow)
  }

  earlyDialog(remoteTag: string): Dialog | undefined {
    return this.#early.find(remoteTag)
  }

  locate(): void {
    const { flow, nextHop, routes = [], target } = this.#command
    if (flow) {
      this.#targets = new HopTargets([targetOf(flow)])
      this.#attempt()
      return
    }
    const route = routes[0] === undefined ? undefined : parseNameAddr(routes[0])?.uri
    locate(this.#stack.core, nextHop ?? route ?? target, (targets) => {
      this.#targets = new HopTargets(targets)
      if (this.#stack.legs.has(this.#leg)) this.#attempt()
    })
  }

  /** RFC 3261 §9.1: a CANCEL only after a provisional response. */
  cancel(): void {
    this.#canceling = true
    if (!this.#transaction) this.#stack.legs.end(this.#leg, 'hungUp')
    else if (this.#provisional) this.#sendCancel()
  }

  /** The leg is gone; the transaction lives on for retransmissions. */
  release(): void {
    if (this.#cancelTimer) this.#stack.core.deadlines.delete(this.#cancelTimer)
    this.#cancelTimer = undefined
  }

  #attempt(): void {
    this.#targets.preferConnection((target) => serializeMessage(this.#request({ target })).length)
    const target = this.#targets.current
    if (!target) {
      this.#refuse(503, 'No Route')
      return
    }
    const { transactions } = this.#stack
    this.#cseq++
    this.#provisional = false
    this.#early.clear()
    this.#branch = transactions.newBranch()
    const { flow } = this.#command
    const destination = flow ? { flow, target } : { target }
    const request = this.#request(destination)
    this.#transaction = transactions.startClient(request, destination, this.#branch, {
      response: (envelope, flow) => this.#response(envelope, flow),
      failed: (why) => this.#failed(why),
    })
  }

  #request(destination: Destination): SipRequest {
    const { core } = this.#stack
    const { target, from, to = { uri: target }, headers = [], routes = [], sdp } = this.#command
    const leg = this.#leg
    const hops = headerOf(headers, 'Max-Forwards')
    return {
      type: 'request',
      method: 'INVITE',
      uri: target,
      headers: [
        ...routes.map((value) => ({ name: 'Route', value })),
        { name: 'Max-Forwards', value: hops && /^\d{1,2}$/.test(hops) ? hops : '70' },
        { name: 'From', value: formatNameAddr(from, leg.localTag) },
        { name: 'To', value: formatNameAddr(to) },
        { name: 'Call-ID', value: leg.callId },
        { name: 'CSeq', value: `${this.#cseq} INVITE` },
        contactTo(core, destination, isSips(target)),
        ...abilityFields(core),
        ...intervalFields(timeSession(this.#stack, leg).minimumS),
        { name: 'User-Agent', value: core.config.userAgent },
        ...this.#challenges.fields,
        ...foreignFields(headers),
        { name: 'Content-Type', value: 'application/sdp' },
      ],
      body: Buffer.from(sdp, 'utf8'),
    }
  }

  #response(envelope: ResponseEnvelope, flow: Flow): void {
    const { response } = envelope
    const { status } = response
    if (status < 200) {
      this.#provisional = true
      if (this.#canceling) this.#sendCancel()
      else if (status > 100 && this.#isNew(envelope, flow)) {
        const sdp = sdpOf(envelope.response)
        this.#stack.core.emit({ type: 'progressed', legId: this.#leg.id, status, sdp })
      }
      return
    }
    if (status < 300) {
      this.#accepted(envelope, flow)
      return
    }
    if (this.#canceling) {
      this.#stack.legs.end(this.#leg, 'hungUp')
      return
    }
    if (this.#retryAuthorized(envelope) || this.#retryLonger(envelope)) return
    // RFC 3263 §4.3: 503 counts as a failure of this server.
    if (status === 503 && this.#nextTarget()) return
    this.#refuse(status, response.reason, response.headers)
  }

  #retryAuthorized({ response }: ResponseEnvelope): boolean {
    const request = this.#transaction?.request
    if (!request || !this.#challenges.answer(request, response)) return false
    this.#attempt()
    return true
  }

  /** RFC 4028 §7.3: with the interval that the peer asks for, once. */
  #retryLonger({ response }: ResponseEnvelope): boolean {
    const timer = this.#leg.sessionTimer
    const minimumS = minimumOf(response.headers)
    const again = timer?.minimumS !== sessionSecondsMin
    if (response.status !== 422 || !timer || again || minimumS <= timer.minimumS) return false
    timer.minimumS = minimumS
    this.#attempt()
    return true
  }

  /** Whether a provisional response tells something new. */
  #isNew(envelope: ResponseEnvelope, flow: Flow): boolean {
    const leg = this.#leg
    if (!this.#stack.legs.has(leg) || leg.established) return false
    noteAllow(leg, envelope.response.headers)
    return this.#early.receive(leg, this.#command.target, envelope, flow)
  }

  #nextTarget(): boolean {
    if (!this.#targets.next()) return false
    this.#attempt()
    return true
  }

  #failed(why: 'timeout' | 'transport'): void {
    if (this.#canceling) this.#stack.legs.end(this.#leg, 'hungUp')
    else if (!this.#nextTarget()) {
      const status = why === 'timeout' ? 408 : 503
      this.#refuse(status, reasonOf(status))
    }
  }

  #refuse(status: number, reason: string, headers?: readonly HeaderField[]): void {
    const { core, legs } = this.#stack
    if (!legs.remove(this.#leg)) return
    core.emit({
      type: 'refused',
      legId: this.#leg.id,
      status,
      reason,
      headers: headers ?? [],
      local: headers === undefined,
    })
  }

  /** RFC 3261 §13.2.2.4: every 2xx makes a dialog and gets an ACK; we keep the first. */
  #accepted(envelope: ResponseEnvelope, flow: Flow): void {
    const { core, legs } = this.#stack
    const leg = this.#leg
    const tag = envelope.to.params.get('tag') ?? ''
    const known = this.#acks.get(tag)
    if (known) {
      if (known.destination && known.bytes) core.send(known.destination, known.bytes)
      return
    }
    if (this.#acks.size >= forksMax) return
    const dialog = this.#early.confirm(envelope, this.#command.target, this.#cseq, flow)
    this.#acknowledge(dialog, tag)
    if (!legs.has(leg) || leg.established) {
      // Another fork, or one after we gave up: it ends at once.
      const { credentials } = leg
      sendInDialog(this.#stack, dialog, { method: 'BYE', credentials })
      return
    }
    leg.dialog = dialog
    leg.established = true
    this.release()
    if (this.#canceling) {
      // The 2xx overtook our CANCEL (§15).
      sendBye(this.#stack, leg, leg.hangingUp?.reason)
      return
    }
    const { status, headers } = envelope.response
    const { id: legId, callId } = leg
    leg.localSdp = this.#command.sdp
    renewByResponse(leg, envelope)
    // RFC 3262 §5: the answer may have come in a provisional response.
    const sdp = sdpOf(envelope.response) ?? this.#early.sdpOf(tag)
    const sourceAddress = flow.remoteAddress
    core.emit({ type: 'answered', legId, status, sdp, headers, callId, sourceAddress })
  }

  #acknowledge(dialog: Dialog, tag: string): void {
    const entry: { destination?: Destination; bytes?: Uint8Array } = {}
    this.#acks.set(tag, entry)
    // RFC 3261 §22.1: the ACK carries the credentials of its INVITE.
    sendAck(this.#stack, dialog, this.#cseq, this.#challenges.fields, (destination, bytes) => {
      entry.destination = destination
      entry.bytes = bytes
    })
  }

  #sendCancel(): void {
    const { core, legs, transactions } = this.#stack
    const transaction = this.#transaction
    if (this.#cancelSent || !transaction) return
    this.#cancelSent = true
    const { request, destination } = transaction
    const copied = ['Max-Forwards', 'From', 'To', 'Call-ID']
    const headers = request.headers.filter(({ name }) => copied.includes(name))
    headers.push({ name: 'CSeq', value: `${this.#cseq} CANCEL` })
    headers.push(...reasonField(this.#leg.hangingUp?.reason))
    const cancel = { ...request, method: 'CANCEL', headers, body: emptyBody }
    transactions.startClient(cancel, destination, this.#branch, {
      response: () => undefined,
      failed: () => undefined,
    })
    // §9.1: no final response within 64*T1 after the CANCEL.
    this.#cancelTimer = {
      timeout: () => {
        transaction.abandon()
        legs.end(this.#leg, 'hungUp')
      },
    }
    core.deadlines.set(this.#cancelTimer, core.nowMs + giveUpMs)
  }
}
