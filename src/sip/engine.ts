import { digestAlgorithms } from '../base/digest.js'
import type { Machine } from '../base/machine.js'
import { defaultAllow, type SipConfig } from './core.js'
import { targetOf } from './dialog.js'
import type { Flow, SipInput, SipOutput } from './events.js'
import {
  answerReoffer,
  hangUp,
  receiveAck,
  receiveInDialog,
  sendInfo,
  sendReoffer,
} from './in-dialog.js'
import { inspectRequest, inspectResponse, type RequestEnvelope } from './inspect.js'
import type { LegCommand } from './leg-events.js'
import type { SipRequest, SipResponse } from './message.js'
import { answerMessage, sendMessage } from './message-request.js'
import type { OutsideCommand } from './outside-events.js'
import { parseMessage } from './parser.js'
import { probe } from './probe.js'
import { progress } from './provisional.js'
import { receiveOutside } from './receive-outside.js'
import { answerRefer, reportRefer, sendRefer } from './refer.js'
import { type Exchange, respond } from './respond.js'
import { makeStack, type Stack } from './stack.js'
import { type Frame, StreamFraming } from './stream-framing.js'
import { updateSummary } from './subscribe.js'
import { invite } from './uac.js'
import { accept, receiveCancel, reject } from './uas.js'

type Defaulted = 'allow' | 'requireDigestForStrangers' | 'isOwnDomain' | 'digestAlgorithms'
export type SipEngineConfig = Omit<SipConfig, Defaulted> & Partial<Pick<SipConfig, Defaulted>>

/** What an engine holds; all zero when every call is over and every timer has run. */
export interface SipEngineSizes {
  readonly legs: number
  readonly transactions: number
  readonly deadlines: number
  readonly questions: number
  readonly streams: number
  readonly bindings: number
  /** Requests of ours outside of dialogs. */
  readonly outsideRequests: number
  /** Of ours with others. */
  readonly registrations: number
  /** REFERs that are reported on. */
  readonly referrals: number
  /** MESSAGEs of peers that have no answer yet. */
  readonly messages: number
  readonly subscriptions: number
}

/** The whole SIP stack as one machine: bytes and commands in, bytes and call events out. */
export class SipEngine implements Machine<SipInput, SipOutput> {
  readonly #stack: Stack
  readonly #streams = new Map<number, StreamFraming>()

  constructor(config: SipEngineConfig) {
    this.#stack = makeStack({
      allow: defaultAllow,
      requireDigestForStrangers: true,
      digestAlgorithms,
      isOwnDomain: (domain) => domain === config.realm,
      ...config,
    })
  }

  get deadlineMs(): number {
    return this.#stack.core.deadlines.deadlineMs
  }

  get sizes(): SipEngineSizes {
    const { core, legs, transactions, bindings, referrals } = this.#stack
    return {
      legs: legs.size,
      transactions: transactions.size,
      deadlines: core.deadlines.size,
      questions: core.openQuestions,
      streams: this.#streams.size,
      bindings: bindings.size,
      outsideRequests: this.#stack.outside.size,
      registrations: this.#stack.registrations.size,
      referrals: referrals.size,
      messages: this.#stack.messages.size,
      subscriptions: this.#stack.subscriptions.size,
    }
  }

  handle(input: SipInput, nowMs: number, out: SipOutput[]): void {
    const { core, transactions } = this.#stack
    core.begin(nowMs, out)
    switch (input.type) {
      case 'received': {
        this.#received(input.flow, input.bytes)
        return
      }
      case 'disconnected': {
        this.#streams.delete(input.connectionId)
        this.#stack.bindings.disconnected(input.connectionId)
        this.#stack.registrations.disconnected(input.connectionId)
        return
      }
      case 'sendFailed': {
        transactions.sendFailed(input.sendId)
        return
      }
      case 'answer': {
        core.answer(input.id, input.answer)
        return
      }
      case 'timeout': {
        for (;;) {
          const due = core.deadlines.takeDue(nowMs)
          if (!due) return
          due.timeout()
        }
      }
      default:
        this.#command(input)
    }
  }

  #command(command: LegCommand | OutsideCommand): void {
    const stack = this.#stack
    switch (command.type) {
      case 'invite':
        invite(stack, command)
        return
      case 'progress':
        progress(stack, command)
        return
      case 'accept':
        accept(stack, command)
        return
      case 'reject':
        reject(stack, command)
        return
      case 'hangUp':
        hangUp(stack, command)
        return
      case 'answerReoffer':
        answerReoffer(stack, command)
        return
      case 'reoffer':
        sendReoffer(stack, command)
        return
      case 'answerRefer':
        answerRefer(stack, command)
        return
      case 'reportRefer':
        reportRefer(stack, command)
        return
      case 'refer':
        sendRefer(stack, command)
        return
      case 'info':
        sendInfo(stack, command)
        return
      case 'restoreBindings':
        stack.bindings.restore(command.bindings)
        return
      case 'unbind':
        stack.bindings.replace(command.addressOfRecord, [])
        return
      case 'answerMessage':
        answerMessage(stack, command)
        return
      case 'sendMessage':
        sendMessage(stack, command)
        return
      case 'messageSummary':
        updateSummary(stack, command)
        return
      case 'probe':
        probe(stack, command)
        return
      case 'register':
        stack.registrations.register(stack, command)
        return
      case 'unregister':
        stack.registrations.unregister(command.registrationId)
        return
    }
  }

  #received(flow: Flow, bytes: Uint8Array): void {
    const { core } = this.#stack
    const { connectionId, transport } = flow
    if (connectionId === undefined || transport === 'ws' || transport === 'wss') {
      // A message each (RFC 7118 §4.2), but for keep-alives and lone NULs of old phones.
      if (bytes.length > 4) this.#message(flow, bytes)
      else if (connectionId !== undefined && bytes.length === 4) {
        core.send({ flow, target: targetOf(flow) }, pong)
      }
      return
    }
    let stream = this.#streams.get(connectionId)
    if (!stream) {
      stream = new StreamFraming()
      this.#streams.set(connectionId, stream)
    }
    const frames: Frame[] = []
    stream.push(bytes, frames)
    for (const frame of frames) {
      if (frame.type === 'message') this.#message(flow, frame.bytes)
      else if (frame.type === 'ping') core.send({ flow, target: targetOf(flow) }, pong)
      else {
        core.count('malformed')
        core.emit({ type: 'disconnect', connectionId })
      }
    }
  }

  #message(flow: Flow, bytes: Uint8Array): void {
    const { core } = this.#stack
    const parsed = parseMessage(bytes)
    if (!parsed.ok) {
      core.count('malformed')
      const { request, status, reason } = parsed.problem
      const exchange = request && exchangeOf(request, flow, bytes.length)
      // RFC 3261 §8.2.6: an ACK is never answered.
      if (exchange && exchange.request.method !== 'ACK') respond(core, exchange, status, { reason })
      return
    }
    if (parsed.value.type === 'request') this.#request(exchangeOf(parsed.value, flow, bytes.length))
    else this.#response(flow, parsed.value)
  }

  #response(flow: Flow, response: SipResponse): void {
    const { core, transactions } = this.#stack
    const envelope = inspectResponse(response)
    if (!envelope.ok) core.count('malformed')
    else if (!transactions.receiveResponse(envelope.value, flow)) core.count('stray')
  }

  #request(exchange: Exchange): void {
    const { core } = this.#stack
    const { request } = exchange
    const inspected = inspectRequest(request)
    if (inspected.ok) {
      this.#wellFormed(exchange, inspected.value)
      return
    }
    core.count('malformed')
    const { status, reason } = inspected.problem
    const answerable = request.headers.some(({ name }) => name === 'Via')
    if (request.method === 'ACK' || !answerable) return
    respond(core, exchange, status, { reason })
  }

  /** RFC 3261 §17.2.3: first the transactions, then dialogs, then everything new. */
  #wellFormed(exchange: Exchange, envelope: RequestEnvelope): void {
    const { core, transactions } = this.#stack
    const { request } = envelope
    if (request.method === 'ACK') {
      this.#ack(envelope)
      return
    }
    const known = transactions.findServer(envelope, request.method)
    if (known) {
      core.count('retransmission')
      known.receive('request')
      return
    }
    if (request.method === 'CANCEL') receiveCancel(this.#stack, envelope, exchange)
    else if (envelope.to.params.has('tag')) receiveInDialog(this.#stack, envelope, exchange)
    else receiveOutside(this.#stack, envelope, exchange)
  }

  #ack(envelope: RequestEnvelope): void {
    const { core, transactions } = this.#stack
    const known = transactions.findServer(envelope, 'INVITE')
    // RFC 6026 §7.1: in Accepted the ACK goes to the user of the transaction.
    if (known && known.machine.state !== 'accepted') {
      known.receive('ack')
      return
    }
    if (!receiveAck(this.#stack, envelope)) core.count('stray')
  }
}

/** Only the source of a datagram can be forged. */
function exchangeOf(request: SipRequest, flow: Flow, length: number): Exchange {
  return flow.transport === 'udp' ? { request, flow, length } : { request, flow }
}

const pong = Buffer.from('\r\n', 'latin1')
