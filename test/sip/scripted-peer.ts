import { SeededIds } from '../../src/base/ids.js'
import { SipEngine, type SipEngineConfig } from '../../src/sip/engine.js'
import type { Flow, SipInput, SipOutput } from '../../src/sip/events.js'
import { headerOf, type SipMessage, type SipResponse } from '../../src/sip/message.js'
import { parseMessage } from '../../src/sip/parser.js'

export const sdp = 'v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n'
export const idle = {
  legs: 0,
  transactions: 0,
  deadlines: 0,
  questions: 0,
  streams: 0,
  bindings: 0,
  outsideRequests: 0,
  registrations: 0,
  referrals: 0,
  messages: 0,
  subscriptions: 0,
}

export function flowFrom(address: string, port = 5060, connectionId?: number): Flow {
  const flow: Flow = {
    transport: connectionId === undefined ? 'udp' : 'tcp',
    localAddress: '192.0.2.9',
    localPort: 5060,
    remoteAddress: address,
    remotePort: port,
  }
  return connectionId === undefined ? flow : { ...flow, connectionId }
}

export interface RequestParts {
  readonly uri?: string
  readonly branch?: string
  readonly callId?: string
  readonly cseq?: number
  readonly toTag?: string
  readonly fromTag?: string
  readonly via?: string
  readonly headers?: readonly string[]
  readonly body?: string
}

/** A peer whose every message is written by the test, facing one engine in virtual time. */
export class ScriptedPeer {
  readonly engine: SipEngine
  readonly events: SipOutput[] = []
  readonly sent: { readonly message: SipMessage; readonly output: SipOutput & { type: 'send' } }[] =
    []
  /** What the engine sent that is no message: keep-alives. */
  readonly others: string[] = []
  nowMs = 0
  flow = flowFrom('192.0.2.1')
  #branch = 0

  constructor(config: Partial<SipEngineConfig> = {}) {
    this.engine = new SipEngine({
      ids: new SeededIds(7),
      realm: 'dialplane',
      userAgent: 'Dialplane/test',
      isTrusted: ({ remoteAddress }) => remoteAddress.startsWith('192.0.2.'),
      advertised: () => ({ host: '192.0.2.9', port: 5060 }),
      limits: { legsMax: 10, transactionsMax: 50, questionsMax: 10 },
      ...config,
    })
  }

  input(input: SipInput): void {
    const out: SipOutput[] = []
    this.engine.handle(input, this.nowMs, out)
    for (const output of out) {
      if (output.type !== 'send') {
        this.events.push(output)
        continue
      }
      const parsed = parseMessage(output.bytes)
      if (parsed.ok) this.sent.push({ message: parsed.value, output })
      else this.others.push(Buffer.from(output.bytes).toString('latin1'))
    }
  }

  /** Lets the engine's timers run. */
  wait(durationMs: number): void {
    const endMs = this.nowMs + durationMs
    while (this.engine.deadlineMs <= endMs) {
      this.nowMs = Math.max(this.nowMs, this.engine.deadlineMs)
      this.input({ type: 'timeout' })
    }
    this.nowMs = endMs
  }

  text(text: string, flow = this.flow): void {
    this.input({ type: 'received', flow, bytes: Buffer.from(text) })
  }

  request(method: string, parts: RequestParts = {}): void {
    const { uri = 'sip:+15550100@192.0.2.9', cseq = 1, headers = [], body = '' } = parts
    const branch = parts.branch ?? `z9hG4bKpeer${++this.#branch}`
    const transport = this.flow.transport.toUpperCase()
    const via = parts.via ?? `SIP/2.0/${transport} ${this.flow.remoteAddress}:5060;rport`
    const toTag = parts.toTag === undefined ? '' : `;tag=${parts.toTag}`
    const lines = [
      `${method} ${uri} SIP/2.0`,
      `Via: ${via};branch=${branch}`,
      'Max-Forwards: 70',
      `From: "Peer" <sip:peer@example.com>;tag=${parts.fromTag ?? 'peer'}`,
      `To: <sip:+15550100@192.0.2.9>${toTag}`,
      `Call-ID: ${parts.callId ?? 'call'}`,
      `CSeq: ${cseq} ${method}`,
      `Contact: <sip:peer@${this.flow.remoteAddress}:5060>`,
      ...headers,
      ...(body === '' ? [] : headers.some((line) => /^content-type/i.test(line)) ? [] : [sdpType]),
      `Content-Length: ${Buffer.byteLength(body)}`,
      '',
      body,
    ]
    this.text(lines.join('\r\n'))
  }

  /** Answers the latest request of this method that the engine sent. */
  answer(
    method: string,
    status: number,
    parts: { toTag?: string; headers?: readonly string[]; body?: string } = {},
  ): void {
    const request = this.lastRequest(method)
    const value = (name: string) => headerOf(request.headers, name) ?? ''
    const { body = '', toTag = 'theirs' } = parts
    const tag = /;tag=/.test(value('To')) || status === 100 ? '' : `;tag=${toTag}`
    const lines = [
      `SIP/2.0 ${status} Whatever`,
      `Via: ${value('Via')}`,
      `From: ${value('From')}`,
      `To: ${value('To')}${tag}`,
      `Call-ID: ${value('Call-ID')}`,
      `CSeq: ${value('CSeq')}`,
      `Contact: <sip:answerer@192.0.2.1:5062>`,
      ...(parts.headers ?? []),
      ...(body === '' ? [] : [sdpType]),
      `Content-Length: ${Buffer.byteLength(body)}`,
      '',
      body,
    ]
    this.text(lines.join('\r\n'))
  }

  requests(method: string) {
    return this.sent.flatMap(({ message, output }) =>
      message.type === 'request' && message.method === method ? [{ message, output }] : [],
    )
  }

  lastRequest(method: string): SipMessage {
    const last = this.requests(method).at(-1)
    if (!last) throw new Error(`the engine sent no ${method}`)
    return last.message
  }

  get responses(): SipResponse[] {
    return this.sent.flatMap(({ message }) => (message.type === 'response' ? [message] : []))
  }

  get statuses(): number[] {
    return this.responses.map(({ status }) => status)
  }

  of<Type extends SipOutput['type']>(type: Type): Extract<SipOutput, { type: Type }>[] {
    return this.events.filter((event) => event.type === type) as Extract<
      SipOutput,
      { type: Type }
    >[]
  }

  counted(counter: string): number {
    return this.of('counted').filter((event) => event.counter === counter).length
  }

  /** Our tag in the latest response. */
  get toTag(): string {
    const to = headerOf(this.responses.at(-1)?.headers ?? [], 'To') ?? ''
    return /tag=(\w+)/.exec(to)?.[1] ?? ''
  }

  get legId(): string {
    return this.of('invited').at(-1)?.legId ?? ''
  }
}

const sdpType = 'Content-Type: application/sdp'
