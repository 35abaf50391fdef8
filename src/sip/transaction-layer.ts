import type { Core, Timed } from './core.js'
import type { Destination } from './dialog.js'
import type { Flow } from './events.js'
import type { RequestEnvelope, ResponseEnvelope } from './inspect.js'
import { emptyBody, headerOf, headerValues, type SipRequest } from './message.js'
import { serializeMessage } from './serializer.js'
import type {
  ClientTransactionInput,
  ClientTransactionOutput,
} from './transaction-client-invite.js'
import { InviteClientTransaction } from './transaction-client-invite.js'
import { NonInviteClientTransaction } from './transaction-client-non-invite.js'
import type {
  ServerTransactionInput,
  ServerTransactionOutput,
} from './transaction-server-invite.js'
import { InviteServerTransaction } from './transaction-server-invite.js'
import { NonInviteServerTransaction } from './transaction-server-non-invite.js'
import { formatHostPort } from './uri.js'
import { magicCookie } from './via.js'

/** Who gets the outcome of a client transaction. */
export interface ClientUser {
  response(envelope: ResponseEnvelope, flow: Flow): void
  /** Timer B or F, or a transport error (RFC 3261 §8.1.3.1). */
  failed(why: 'timeout' | 'transport'): void
}

export class ServerTransaction implements Timed {
  readonly key: string
  readonly mergeKey: string
  readonly envelope: RequestEnvelope
  readonly flow: Flow
  readonly machine: InviteServerTransaction | NonInviteServerTransaction
  /** The leg that an INVITE belongs to. */
  legId: string | undefined
  readonly #layer: TransactionLayer
  readonly #destination: Destination
  readonly #sendId: number

  constructor(
    layer: TransactionLayer,
    envelope: RequestEnvelope,
    flow: Flow,
    destination: Destination,
  ) {
    this.#layer = layer
    this.key = serverKey(envelope, envelope.request.method)
    this.mergeKey = mergeKey(envelope)
    this.envelope = envelope
    this.flow = flow
    this.#destination = destination
    this.#sendId = layer.core.nextId()
    const reliable = flow.transport !== 'udp'
    const invite = envelope.request.method === 'INVITE'
    this.machine = invite
      ? new InviteServerTransaction(reliable)
      : new NonInviteServerTransaction(reliable)
  }

  /** True until the final response. */
  get isOpen(): boolean {
    return this.machine.state === 'trying' || this.machine.state === 'proceeding'
  }

  receive(type: 'request' | 'ack'): void {
    this.#handle({ type })
  }

  respond(status: number, bytes: Uint8Array): void {
    this.#handle({ type: 'respond', status, bytes })
  }

  timeout(): void {
    this.#handle({ type: 'timeout' })
  }

  #handle(input: ServerTransactionInput): void {
    const { core } = this.#layer
    const outputs: ServerTransactionOutput[] = []
    this.machine.handle(input, core.nowMs, outputs)
    for (const output of outputs) {
      if (output.type === 'send') core.send(this.#destination, output.bytes, this.#sendId)
      else this.#layer.removeServer(this)
    }
    core.deadlines.set(this, this.machine.deadlineMs)
  }
}

export class ClientTransaction implements Timed {
  readonly key: string
  readonly sendId: number
  readonly request: SipRequest
  readonly destination: Destination
  readonly #layer: TransactionLayer
  readonly #machine: InviteClientTransaction | NonInviteClientTransaction
  readonly #user: ClientUser
  #response: { readonly envelope: ResponseEnvelope; readonly flow: Flow } | undefined

  constructor(
    layer: TransactionLayer,
    key: string,
    request: SipRequest,
    destination: Destination,
    user: ClientUser,
  ) {
    this.#layer = layer
    this.key = key
    this.sendId = layer.core.nextId()
    this.request = request
    this.destination = destination
    this.#user = user
    const reliable = destination.target.transport !== 'udp'
    this.#machine =
      request.method === 'INVITE'
        ? new InviteClientTransaction(reliable)
        : new NonInviteClientTransaction(reliable)
  }

  start(): void {
    this.#handle({ type: 'start', bytes: serializeMessage(this.request) })
  }

  receive(envelope: ResponseEnvelope, flow: Flow): void {
    const { status } = envelope.response
    this.#response = { envelope, flow }
    const needsAck = this.request.method === 'INVITE' && status >= 300
    const ack = needsAck ? { ack: serializeMessage(ackOf(this.request, envelope)) } : {}
    this.#handle({ type: 'response', status, ...ack })
    this.#response = undefined
  }

  sendFailed(): void {
    this.#handle({ type: 'sendFailed' })
  }

  timeout(): void {
    this.#handle({ type: 'timeout' })
  }

  /** Forgets the transaction without another word (RFC 3261 §9.1, end). */
  abandon(): void {
    this.#layer.removeClient(this)
    this.#layer.core.deadlines.delete(this)
  }

  #handle(input: ClientTransactionInput): void {
    const { core } = this.#layer
    const outputs: ClientTransactionOutput[] = []
    this.#machine.handle(input, core.nowMs, outputs)
    core.deadlines.set(this, this.#machine.deadlineMs)
    for (const output of outputs) {
      switch (output.type) {
        case 'send':
          core.send(this.destination, output.bytes, this.sendId)
          break
        case 'deliver':
          if (this.#response) this.#user.response(this.#response.envelope, this.#response.flow)
          break
        case 'timedOut':
          core.emit({ type: 'silent', target: this.destination.target })
          this.#user.failed('timeout')
          break
        case 'failed':
          this.#user.failed('transport')
          break
        case 'terminated':
          this.#layer.removeClient(this)
          break
      }
    }
  }
}

/** All transactions, and which message belongs to which (RFC 3261 §17.1.3 and §17.2.3). */
export class TransactionLayer {
  readonly core: Core
  readonly #servers = new Map<string, ServerTransaction>()
  readonly #merges = new Map<string, ServerTransaction>()
  readonly #clients = new Map<string, ClientTransaction>()
  readonly #sends = new Map<number, ClientTransaction>()

  constructor(core: Core) {
    this.core = core
  }

  get size(): number {
    return this.#servers.size + this.#clients.size
  }

  /** Requests within dialogs may use twice the limit, so that calls still end when it is reached. */
  isFull(withinDialog: boolean): boolean {
    return this.size >= this.core.config.limits.transactionsMax * (withinDialog ? 2 : 1)
  }

  findServer(envelope: RequestEnvelope, method: string): ServerTransaction | undefined {
    return this.#servers.get(serverKey(envelope, method))
  }

  /** RFC 3261 §8.2.2.2: the same request came along another path. */
  isMerged(envelope: RequestEnvelope): boolean {
    const other = this.#merges.get(mergeKey(envelope))
    return other !== undefined && other.key !== serverKey(envelope, envelope.request.method)
  }

  addServer(envelope: RequestEnvelope, flow: Flow, destination: Destination): ServerTransaction {
    const transaction = new ServerTransaction(this, envelope, flow, destination)
    this.#servers.set(transaction.key, transaction)
    this.#merges.set(transaction.mergeKey, transaction)
    return transaction
  }

  removeServer(transaction: ServerTransaction): void {
    this.#servers.delete(transaction.key)
    if (this.#merges.get(transaction.mergeKey) === transaction) {
      this.#merges.delete(transaction.mergeKey)
    }
  }

  newBranch(): string {
    return magicCookie + this.core.config.ids.hex(12)
  }

  /** Via value of a request to this destination (RFC 3261 §18.1.1, rport of RFC 3581). */
  viaTo(destination: Destination, branch: string): string {
    const { host, port } = this.core.config.advertised(destination.flow ?? destination.target)
    const transport = destination.target.transport.toUpperCase()
    return `SIP/2.0/${transport} ${formatHostPort(host, port)};branch=${branch};rport`
  }

  /** Sends a request; it comes without Via, unless it is a CANCEL with that of its INVITE. */
  startClient(
    request: SipRequest,
    destination: Destination,
    branch: string,
    user: ClientUser,
  ): ClientTransaction {
    const via = { name: 'Via', value: this.viaTo(destination, branch) }
    const complete = { ...request, headers: [via, ...request.headers] }
    const key = `${branch}|${request.method}`
    const transaction = new ClientTransaction(this, key, complete, destination, user)
    this.#clients.set(key, transaction)
    this.#sends.set(transaction.sendId, transaction)
    transaction.start()
    return transaction
  }

  /** False when no transaction waits for this response. */
  receiveResponse(envelope: ResponseEnvelope, flow: Flow): boolean {
    const branch = envelope.via.params.get('branch') ?? ''
    const transaction = this.#clients.get(`${branch}|${envelope.cseqMethod}`)
    transaction?.receive(envelope, flow)
    return transaction !== undefined
  }

  sendFailed(sendId: number): void {
    this.#sends.get(sendId)?.sendFailed()
  }

  removeClient(transaction: ClientTransaction): void {
    this.#clients.delete(transaction.key)
    this.#sends.delete(transaction.sendId)
  }
}

function serverKey(envelope: RequestEnvelope, method: string): string {
  const { via, callId, cseq, from, request } = envelope
  const branch = via.params.get('branch') ?? ''
  const sentBy = formatHostPort(via.host, via.port)
  if (branch.startsWith(magicCookie)) return `${branch}|${sentBy}|${method}`
  // RFC 3261 §17.2.3, for clients of RFC 2543.
  return [branch, sentBy, method, request.uri, callId, cseq, from.params.get('tag')].join('|')
}

/** With the Request-URI: one that comes back for another of our numbers is a spiral, not a loop (§16.3). */
function mergeKey(envelope: RequestEnvelope): string {
  const { callId, cseq, cseqMethod, from, to, request } = envelope
  const tags = [from.params.get('tag'), to.params.get('tag')]
  return [callId, ...tags, cseq, cseqMethod, request.uri].join('|')
}

/** RFC 3261 §17.1.1.3: the ACK that belongs to the transaction of a refused INVITE. */
function ackOf(invite: SipRequest, envelope: ResponseEnvelope): SipRequest {
  const { headers } = invite
  const field = (name: string, value: string | undefined) => ({ name, value: value ?? '' })
  return {
    type: 'request',
    method: 'ACK',
    uri: invite.uri,
    headers: [
      field('Via', headerOf(headers, 'Via')),
      field('Max-Forwards', '70'),
      ...headerValues(headers, 'Route').map((value) => field('Route', value)),
      field('From', headerOf(headers, 'From')),
      field('To', headerOf(envelope.response.headers, 'To')),
      field('Call-ID', envelope.callId),
      field('CSeq', `${envelope.cseq} ACK`),
    ],
    body: emptyBody,
  }
}
