import { type Destination, type Dialog, routeRequest } from './dialog.js'
import type { ClientCredentials } from './digest.js'
import { authorize } from './digest-client.js'
import type { Flow, HeaderField } from './events.js'
import type { ResponseEnvelope } from './inspect.js'
import type { Leg } from './leg.js'
import { locate } from './locate.js'
import { emptyBody, type SipRequest } from './message.js'
import { contactTo } from './respond.js'
import { serializeMessage } from './serializer.js'
import type { Stack } from './stack.js'

export interface DialogRequest {
  readonly method: 'BYE' | 'INFO' | 'NOTIFY' | 'PRACK' | 'REFER' | 'UPDATE'
  readonly headers?: readonly HeaderField[]
  readonly body?: Uint8Array
  readonly credentials?: ClientCredentials | undefined
  /**
   * Final status; 408 and 503 also stand for silence and transport errors (RFC 3261 §8.1.3.1), then
   * there is no response.
   */
  readonly done?: (status: number, response?: ResponseEnvelope) => void
}

/** Sends a request within a dialog (RFC 3261 §12.2.1), answering one challenge. */
export function sendInDialog(stack: Stack, dialog: Dialog, parts: DialogRequest): void {
  const { method } = parts
  withDestination(stack, dialog, (destination) => {
    if (!destination) {
      parts.done?.(503)
      return
    }
    dialog.localCSeq++
    const request = buildInDialog(stack, dialog, destination, {
      method,
      cseq: dialog.localCSeq,
      headers: parts.headers ?? [],
      body: parts.body ?? emptyBody,
    })
    const branch = stack.transactions.newBranch()
    stack.transactions.startClient(request, destination, branch, {
      response: (envelope: ResponseEnvelope, _flow: Flow) => {
        const { status } = envelope.response
        if (status < 200) return
        const authorization = parts.credentials
          ? authorize(stack.core, request, envelope.response, parts.credentials)
          : undefined
        // RFC 3261 §22.2: once, with the next CSeq.
        if (!authorization) parts.done?.(status, envelope)
        else {
          const headers = [...(parts.headers ?? []), authorization]
          sendInDialog(stack, dialog, { ...parts, headers, credentials: undefined })
        }
      },
      failed: (why) => parts.done?.(why === 'timeout' ? 408 : 503),
    })
  })
}

/** Where requests of this dialog go now: its own way, or what its route says. */
export function withDestination(
  stack: Stack,
  dialog: Dialog,
  then: (destination: Destination | undefined) => void,
): void {
  if (dialog.destination) {
    then(dialog.destination)
    return
  }
  locate(stack.core, routeRequest(dialog).nextHop, ([target]) => then(target && { target }))
}

/** RFC 3261 table 3, RFC 3311 §10, RFC 3515 §2.2: those that refresh the target, and INFO of old. */
const withContact = new Set(['INVITE', 'UPDATE', 'INFO', 'NOTIFY', 'REFER'])

export interface RequestParts {
  readonly method: string
  readonly cseq: number
  readonly headers: readonly HeaderField[]
  readonly body: Uint8Array
}

export function buildInDialog(
  stack: Stack,
  dialog: Dialog,
  destination: Destination,
  parts: RequestParts,
): SipRequest {
  const { uri, routes } = routeRequest(dialog)
  const { userAgent } = stack.core.config
  const contact = withContact.has(parts.method)
    ? [contactTo(stack.core, destination, dialog.secure)]
    : []
  return {
    type: 'request',
    method: parts.method,
    uri,
    headers: [
      { name: 'Max-Forwards', value: '70' },
      ...routes,
      { name: 'From', value: dialog.local },
      { name: 'To', value: dialog.remote },
      { name: 'Call-ID', value: dialog.callId },
      { name: 'CSeq', value: `${parts.cseq} ${parts.method}` },
      ...contact,
      { name: 'User-Agent', value: userAgent },
      ...parts.headers,
    ],
    body: parts.body,
  }
}

/** The ACK of a 2xx is a request of its own (RFC 3261 §13.2.2.4): no transaction, a new branch. */
export function sendAck(
  stack: Stack,
  dialog: Dialog,
  cseq: number,
  headers: readonly HeaderField[],
  sent: (destination: Destination, bytes: Uint8Array) => void,
): void {
  withDestination(stack, dialog, (destination) => {
    if (!destination) return
    const request = buildInDialog(stack, dialog, destination, {
      method: 'ACK',
      cseq,
      headers,
      body: emptyBody,
    })
    const { transactions, core } = stack
    const via = { name: 'Via', value: transactions.viaTo(destination, transactions.newBranch()) }
    const bytes = serializeMessage({ ...request, headers: [via, ...request.headers] })
    core.send(destination, bytes)
    sent(destination, bytes)
  })
}

/** RFC 3261 §12.2.1.2: the peer knows no such dialog any more, or is not there. */
export function isDialogLost(status: number): boolean {
  return status === 481 || status === 408
}

export function loseDialog(stack: Stack, leg: Leg): void {
  if (!stack.legs.has(leg) || leg.hangingUp) return
  sendBye(stack, leg)
  stack.legs.end(leg, 'unreachable')
}

/** BYE, and the end of the leg whatever comes back (RFC 3261 §15.1.1). */
export function sendBye(stack: Stack, leg: Leg, reason?: string): void {
  const { dialog } = leg
  if (!dialog) return
  sendInDialog(stack, dialog, {
    method: 'BYE',
    credentials: leg.credentials,
    headers: reasonField(reason),
    done: () => stack.legs.end(leg, 'hungUp'),
  })
}

/** RFC 3326. A reason that names no protocol becomes the text of a SIP reason. */
export function reasonField(reason: string | undefined): HeaderField[] {
  if (reason === undefined || reason === '') return []
  const complete = /^[A-Za-z0-9.-]+\s*;\s*[a-z]+=/.test(reason)
  const text = reason.replace(/[\\"]/g, '\\$&')
  return [{ name: 'Reason', value: complete ? reason : `SIP;text="${text}"` }]
}
