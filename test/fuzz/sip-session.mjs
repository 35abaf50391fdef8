// One session of an engine with a peer that says anything: requests and responses that fit the dialog or
// do not, mutated or whole, over UDP, WebSocket and cut connections, between commands and waits.
import { SeededIds } from '../../dist/base/ids.js'
import { negotiate } from '../../dist/sdp/negotiate.js'
import { parseSdp } from '../../dist/sdp/parser.js'
import { writeSdp } from '../../dist/sdp/writer.js'
import { SipEngine } from '../../dist/sip/engine.js'
import { headerOf } from '../../dist/sip/message.js'
import { parseMessage } from '../../dist/sip/parser.js'
import { serializeMessage } from '../../dist/sip/serializer.js'
import { mutate } from './mutate.mjs'
import {
  abilities,
  answers,
  bodies,
  commandsFor,
  methods,
  outsideCommandsFor,
  sdp,
  statuses,
  uris,
} from './sip-words.mjs'

const limits = {
  legsMax: 8,
  transactionsMax: 60,
  questionsMax: 4,
  bindingsMax: 12,
  subscriptionsMax: 12,
}
const known = {
  credential: { what: 'credential', ha1: undefined },
  messageSummary: { what: 'messageSummary', summary: { newMessages: 3, oldMessages: 4 } },
  resolve: {
    what: 'resolve',
    targets: [
      { transport: 'udp', address: '192.0.2.1', port: 5060 },
      { transport: 'tcp', address: '192.0.2.2', port: 5060 },
    ],
  },
}
const outputsMax = 400
const slowMs = 1000

export class Session {
  messages = 0
  #random
  #nowMs = 0
  #engine
  #sent = []
  #legIds = new Set(['x', 'y'])
  #localTag = ''
  #rseq = '1'
  #referId = ''
  #messageId = ''
  #flow = flowOf('udp')

  constructor(seed) {
    this.#random = new SeededIds(seed)
    for (let burn = 0; burn < 8; burn++) this.#random.uint32()
    this.#engine = new SipEngine({
      ids: this.#random,
      realm: 'test',
      userAgent: 'fuzz',
      isTrusted: () => this.#below(8) > 0,
      isOwnDomain: () => true,
      advertised: () => ({ host: '192.0.2.9', port: 5060 }),
      limits,
    })
  }

  run(turns) {
    for (let turn = 0; turn < turns; turn++) this.#turn()
    for (const legId of this.#legIds) this.#input({ type: 'hangUp', legId })
    for (const registrationId of ['q', 'r']) this.#input({ type: 'unregister', registrationId })
    // Longer than any registration that is granted.
    this.#wait(8_000_000)
    for (let id = 0; id < 3; id++) this.#input({ type: 'disconnected', connectionId: id })
    for (const [name, size] of Object.entries(this.#engine.sizes)) {
      if (size !== 0) throw new Error(`${size} ${name} are left`)
    }
  }

  #below(count) {
    return this.#random.uint32() % count
  }

  #pick(values) {
    return values[this.#below(values.length)]
  }

  #turn() {
    const what = this.#below(20)
    if (what < 9) this.#request()
    else if (what < 14) this.#response()
    else if (what < 17) this.#command()
    else if (what < 18) this.#wait(this.#below(40_000))
    else if (what < 19) this.#flow = flowOf(this.#pick(['udp', 'ws', 'tcp']), this.#below(3))
    else this.#describe(mutate(this.#pick(bodies), this.#random))
  }

  #request() {
    const method = this.#pick(methods)
    const body = this.#below(3) > 0 ? this.#pick(bodies) : ''
    const cseq = this.#below(6)
    const tag = this.#below(3) > 0 && this.#localTag !== '' ? `;tag=${this.#localTag}` : ''
    const lines = [
      `${method} ${this.#pick(uris)} SIP/2.0`,
      `Via: SIP/2.0/UDP 192.0.2.1${this.#pick([';rport', '', ':5062'])};branch=${this.#branch()}`,
      'Max-Forwards: 70',
      `From: "Peer" <sip:peer@example.com>;tag=${this.#pick(['a', 'b'])}`,
      `To: <sip:alice@192.0.2.9>${tag}`,
      `Call-ID: ${this.#callId()}`,
      `CSeq: ${cseq} ${method}`,
      `Contact: ${this.#pick(uris)}${this.#pick(['', ';expires=0', ';+sip.instance="<a>";reg-id=1'])}`,
      ...this.#pick(abilities),
      ...(this.#below(8) === 0 ? [this.#replaces()] : []),
      ...(method === 'PRACK' ? [`RAck: ${this.#rseq} ${cseq} INVITE`] : []),
      ...(body === '' ? [] : ['Content-Type: application/sdp']),
    ]
    this.#text(lines, body)
  }

  #response() {
    const request = this.#pick(this.#sent)
    if (!request) return
    const value = (name) => headerOf(request.headers, name) ?? ''
    const to = /;tag=/.test(value('To'))
      ? value('To')
      : `${value('To')};tag=${this.#pick(['a', 'b'])}`
    const body = this.#below(2) ? this.#pick(bodies) : ''
    const lines = [
      `SIP/2.0 ${this.#pick(statuses)} Whatever`,
      ...['Via', 'From'].map((name) => `${name}: ${value(name)}`),
      `To: ${to}`,
      ...['Call-ID', 'CSeq'].map((name) => `${name}: ${value(name)}`),
      `Contact: ${this.#pick(uris)}`,
      ...this.#pick(answers),
      ...(body === '' ? [] : ['Content-Type: application/sdp']),
    ]
    this.#text(lines, body)
  }

  #command() {
    const legId = this.#pick([...this.#legIds])
    const ids = { legId, referId: this.#referId, messageId: this.#messageId }
    const others = outsideCommandsFor({ ...ids, status: this.#pick(statuses) })
    this.#input(this.#pick([...commandsFor(legId, sdp), ...others]))
  }

  #text(lines, body) {
    const whole = [...lines, `Content-Length: ${Buffer.byteLength(body)}`, '', body].join('\r\n')
    const text = this.#below(3) > 0 ? whole : mutate(whole, this.#random)
    const bytes = Buffer.from(text, this.#below(2) ? 'utf8' : 'latin1')
    this.messages++
    this.#compare(bytes)
    if (this.#flow.transport !== 'tcp') {
      this.#input({ type: 'received', flow: this.#flow, bytes })
      return
    }
    for (let start = 0; start < bytes.length; ) {
      const end = start + 1 + this.#below(bytes.length)
      this.#input({ type: 'received', flow: this.#flow, bytes: bytes.subarray(start, end) })
      start = end
    }
  }

  /** What was understood means the same after it was written. */
  #compare(bytes) {
    const first = parseMessage(bytes)
    if (!first.ok) return
    const plain = ({ headers, body, ...rest }) =>
      JSON.stringify([
        rest,
        headers.filter(({ name }) => name !== 'Content-Length'),
        Buffer.from(body).toString('hex'),
      ])
    const second = parseMessage(serializeMessage(first.value))
    if (!second.ok || plain(second.value) !== plain(first.value)) {
      throw new Error(`written differently: ${bytes.toString('latin1')}`)
    }
  }

  #describe(text) {
    const parsed = parseSdp(text)
    if (!parsed.ok) return
    const again = parseSdp(writeSdp(parsed.value))
    if (!again.ok) throw new Error(`a description that cannot be read again: ${text}`)
    negotiate(parsed.value, capabilities)
  }

  #wait(durationMs) {
    const endMs = this.#nowMs + durationMs
    for (let step = 0; this.#engine.deadlineMs <= endMs; step++) {
      if (step > 100_000) throw new Error('timers without an end')
      this.#nowMs = Math.max(this.#nowMs, this.#engine.deadlineMs)
      this.#input({ type: 'timeout' })
    }
    this.#nowMs = endMs
  }

  #input(input) {
    const out = []
    const startedMs = performance.now()
    this.#engine.handle(input, this.#nowMs, out)
    if (performance.now() - startedMs > slowMs) throw new Error('an input took over a second')
    if (out.length > outputsMax) throw new Error(`${out.length} outputs for one input`)
    for (const output of out) this.#take(output)
    const { legs, transactions, questions, bindings, subscriptions } = this.#engine.sizes
    // Requests within dialogs may use twice the limit, and legs may have one of ours each.
    if (legs > limits.legsMax || transactions > 3 * limits.transactionsMax) {
      throw new Error(`${legs} legs, ${transactions} transactions`)
    }
    if (questions > limits.questionsMax || bindings > limits.bindingsMax) {
      throw new Error(`${questions} questions, ${bindings} bindings`)
    }
    if (subscriptions > limits.subscriptionsMax) throw new Error(`${subscriptions} subscriptions`)
  }

  #take(output) {
    if ('legId' in output && this.#legIds.size < 40) this.#legIds.add(output.legId)
    if (output.type === 'referred') this.#referId = output.referId
    if (output.type === 'messageReceived') this.#messageId = output.messageId
    if (output.type === 'ask') {
      if (this.#below(4) === 0) return
      const { id, question } = output
      this.#input({ type: 'answer', id, answer: known[question.what] })
    }
    if (output.type !== 'send') return
    const parsed = parseMessage(output.bytes)
    if (!parsed.ok) {
      // A single CRLF answers a keep-alive, a double one is ours.
      if (output.bytes.length <= 4) return
      throw new Error(`sent: ${Buffer.from(output.bytes).toString('latin1')}`)
    }
    const { value } = parsed
    if (value.type === 'request') {
      this.#sent.push(value)
      if (this.#sent.length > 20) this.#sent.shift()
    }
    const ours = headerOf(value.headers, value.type === 'request' ? 'From' : 'To') ?? ''
    this.#localTag = /tag=(\w+)/.exec(ours)?.[1] ?? this.#localTag
    this.#rseq = headerOf(value.headers, 'RSeq') ?? this.#rseq
    if (this.#below(50) === 0) {
      this.#input({ type: 'sendFailed', sendId: output.sendId, reason: 'fuzz' })
    }
  }

  #replaces() {
    const name = this.#pick(['Replaces', 'replaces', 'Join'])
    const early = this.#pick(['', ';early-only'])
    return `${name}: ${this.#callId()};to-tag=${this.#localTag};from-tag=${this.#pick(['a', 'b'])}${early}`
  }

  #branch() {
    return this.#pick(['z9hG4bKa', 'z9hG4bKb', 'z9hG4bKc', 'z9hG4bKd', 'old'])
  }

  /** Ours when we called, else one of theirs. */
  #callId() {
    const [first] = this.#sent
    const ours = first && headerOf(first.headers, 'Call-ID')
    return this.#below(2) && ours ? ours : this.#pick(['one', 'two'])
  }
}

function flowOf(transport, connectionId = 0) {
  const flow = {
    transport,
    localAddress: '192.0.2.9',
    localPort: 5060,
    remoteAddress: '192.0.2.1',
    remotePort: 5060,
  }
  return transport === 'udp' ? flow : { ...flow, connectionId }
}

const capabilities = {
  codecs: [
    { name: 'PCMU', clockRateHz: 8000, payloadType: 0 },
    { name: 'opus', clockRateHz: 48000, payloadType: 96 },
  ],
  telephoneEvents: [{ payloadType: 101, clockRateHz: 8000 }],
  address: '192.0.2.9',
  port: 4000,
  sessionId: '1',
  sessionVersion: 1,
  ptimeMs: 20,
  srtpKey: new Uint8Array(30),
}
