import { isToken } from './grammar.js'
import type { SipMessage } from './message.js'

/**
 * The bytes of a message. Content-Length is always written, last, from the body itself. Line
 * ends in values become spaces, so that no value can begin another field.
 */
export function serializeMessage(message: SipMessage): Uint8Array {
  const start =
    message.type === 'request'
      ? `${message.method} ${clean(message.uri)} SIP/2.0`
      : `SIP/2.0 ${message.status} ${clean(message.reason)}`
  let head = `${start}\r\n`
  for (const { name, value } of message.headers) {
    if (name === 'Content-Length' || !isToken(name)) continue
    head += `${name}: ${clean(value)}\r\n`
  }
  head += `Content-Length: ${message.body.length}\r\n\r\n`
  if (message.body.length === 0) return Buffer.from(head, 'utf8')
  return Buffer.concat([Buffer.from(head, 'utf8'), message.body])
}

function clean(text: string): string {
  return /[\r\n]/.test(text) ? text.replace(/[\r\n]+/g, ' ') : text
}
