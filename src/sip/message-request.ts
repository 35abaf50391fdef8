import type { Timed } from './core.js'
import type { RequestEnvelope } from './inspect.js'
import type { Admitted } from './leg-events.js'
import { headerOf } from './message.js'
import type { OutsideCommand, ReceivedMessage } from './outside-events.js'
import { sendOutside } from './outside-request.js'
import { type Exchange, foreignFields, respond } from './respond.js'
import type { Stack } from './stack.js'
import type { ServerTransaction } from './transaction-layer.js'

/** The sender gives up after 32 s (timer F). */
const answerMsMax = 20_000

/** A MESSAGE of a peer that waits for its answer. */
class PendingMessage implements Timed {
  readonly #stack: Stack
  readonly #id: string
  readonly #exchange: Exchange

  constructor(stack: Stack, id: string, exchange: Exchange) {
    this.#stack = stack
    this.#id = id
    this.#exchange = exchange
  }

  answer(status: number): void {
    this.#stack.core.deadlines.delete(this)
    this.#stack.messages.delete(this.#id)
    respond(this.#stack.core, this.#exchange, status)
  }

  timeout(): void {
    this.answer(504)
  }
}

/** MESSAGEs of peers by the id that they got here; as many as there may be transactions. */
export type PendingMessages = Map<string, PendingMessage>

/** MESSAGE (RFC 3428 §7), within a call or outside of one. */
export function receiveMessage(
  stack: Stack,
  envelope: RequestEnvelope,
  exchange: Exchange & { readonly transaction: ServerTransaction },
  admission: Admitted,
): void {
  const { core, messages } = stack
  const { request, from, to } = envelope
  const messageId = core.config.ids.hex(12)
  const pending = new PendingMessage(stack, messageId, exchange)
  messages.set(messageId, pending)
  core.deadlines.set(pending, core.nowMs + answerMsMax)
  const received: ReceivedMessage = {
    type: 'messageReceived',
    messageId,
    flow: exchange.flow,
    ...admission,
    requestUri: request.uri,
    from: { uri: from.uri, ...(from.displayName ? { displayName: from.displayName } : {}) },
    to: { uri: to.uri },
    // RFC 3428 §8: text unless it says otherwise.
    contentType: headerOf(request.headers, 'Content-Type') ?? 'text/plain',
    body: request.body,
    maxForwards: Number(headerOf(request.headers, 'Max-Forwards') ?? 70),
  }
  core.emit(received)
}

export function answerMessage(
  stack: Stack,
  command: OutsideCommand & { type: 'answerMessage' },
): void {
  const { messageId, status } = command
  if (status >= 200 && status < 700) stack.messages.get(messageId)?.answer(status)
}

/** RFC 3428 §4: without Contact, as no dialog comes of it. */
export function sendMessage(stack: Stack, command: OutsideCommand & { type: 'sendMessage' }): void {
  const { type, messageId, contentType, body, headers, ...parts } = command
  const request = {
    ...parts,
    method: 'MESSAGE',
    headers: foreignFields(headers),
    body: { contentType, bytes: body },
  }
  sendOutside(stack, request, ({ status, local }) => {
    stack.core.emit({ type: 'messageSent', messageId, status, local })
  })
}
