import { fail, ok, type Result } from '../base/result.js'
import type { HeaderField } from './events.js'
import { isToken, splitOutside } from './grammar.js'
import { emptyBody, knownName, type SipMessage, type SipRequest } from './message.js'

export const messageBytesMax = 65_536
const headerCountMax = 256
const headerLengthMax = 8192

/** Why bytes are no message, and the request to answer when there is enough of it for an answer. */
export interface ParseProblem {
  readonly reason: string
  /** 400, 413 or 505. */
  readonly status: number
  readonly request?: SipRequest
}

type StartLine =
  | { readonly type: 'request'; readonly method: string; readonly uri: string }
  | { readonly type: 'response'; readonly status: number; readonly reason: string }

interface Start {
  readonly line: StartLine
  readonly problem?: { readonly status: number; readonly reason: string }
}

/**
 * One whole message: a datagram, or what the framing of a connection cut out (RFC 3261 §7). What it
 * accepts is well-formed as a list of fields; `inspect.ts` judges the fields themselves.
 */
export function parseMessage(bytes: Uint8Array): Result<SipMessage, ParseProblem> {
  if (bytes.length > messageBytesMax) return refuse('message too long')
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let begin = 0
  // RFC 3261 §7.5: ignore CRLF before the start line.
  while (buffer[begin] === 13 && buffer[begin + 1] === 10) begin += 2
  const blank = buffer.indexOf('\r\n\r\n', begin, 'latin1')
  const headEnd = blank < 0 ? buffer.length : blank
  const head = buffer.toString('utf8', begin, headEnd)
  // A bare CR or LF would let one hop see other fields than the next.
  if (/\r(?!\n)|(?<!\r)\n/.test(head)) return refuse('bare CR or LF')
  const firstEnd = head.indexOf('\r\n')
  const start = parseStartLine(firstEnd < 0 ? head : head.slice(0, firstEnd))
  if (!start) return refuse('bad start line')
  const fields = firstEnd < 0 ? [] : parseFields(head, firstEnd + 2)
  if (!fields) return refuse('bad header field')
  const content = blank < 0 ? emptyBody : buffer.subarray(blank + 4)
  const length = contentLength(fields, content.length)
  const body = content.subarray(0, typeof length === 'number' ? length : 0)
  const message: SipMessage = { headers: fields, body, ...start.line }
  const problem =
    start.problem ?? (typeof length === 'string' ? { status: 400, reason: length } : undefined)
  if (!problem) return ok(message)
  return fail(message.type === 'request' ? { request: message, ...problem } : problem)
}

function refuse(reason: string): { readonly ok: false; readonly problem: ParseProblem } {
  return fail({ reason, status: 400 })
}

function parseStartLine(line: string): Start | undefined {
  // Method names have no slash.
  if (line.charCodeAt(3) === 47 && /^SIP\/2\.0 /i.test(line)) {
    // RFC 3261 §7.2: three digits; the reason may be empty but not its space (RFC 4475 §3.1.1.13).
    const match = /^([1-6][0-9][0-9]) (.*)$/s.exec(line.slice(8))
    if (!match) return undefined
    return { line: { type: 'response', status: Number(match[1]), reason: match[2] ?? '' } }
  }
  return parseRequestLine(line)
}

function parseRequestLine(line: string): Start | undefined {
  const space = line.indexOf(' ')
  const method = line.slice(0, Math.max(space, 0))
  if (!isToken(method)) return undefined
  const rest = line.slice(space + 1)
  const versionAt = lastVersion(rest)
  if (versionAt < 0) return undefined
  const uri = rest.slice(0, versionAt)
  const version = rest.slice(versionAt + 1)
  const start = { line: { type: 'request', method, uri } } as const
  if (version !== 'SIP/2.0' && !/^SIP\/2\.0\s*$/i.test(version)) {
    if (!/^SIP\/[0-9]+\.[0-9]+$/i.test(version)) return undefined
    return { ...start, problem: { status: 505, reason: 'Version Not Supported' } }
  }
  // RFC 3261 §7.1: single spaces, no white space or angle brackets in the URI, none at the end.
  if (version.length !== 7 || uri === '' || /[\s<>"]/.test(uri)) {
    return { ...start, problem: { status: 400, reason: 'Bad Request Line' } }
  }
  return start
}

/** Index of the space before the last `SIP/`; a text in upper case may have another length. */
function lastVersion(text: string): number {
  if (text.endsWith(' SIP/2.0')) return text.length - 8
  let at = text.lastIndexOf(' ')
  while (at >= 0 && text.slice(at + 1, at + 5).toUpperCase() !== 'SIP/') {
    at = at === 0 ? -1 : text.lastIndexOf(' ', at - 1)
  }
  return at
}

/** RFC 3261 §7.3.1, with folding (§25.1, LWS). */
function parseFields(head: string, from: number): HeaderField[] | undefined {
  const fields: HeaderField[] = []
  let position = from
  while (position < head.length) {
    let end = endOfLine(head, position)
    let folded = false
    while (isBlank(head.charCodeAt(end + 2))) {
      end = endOfLine(head, end + 2)
      folded = true
    }
    if (end - position > headerLengthMax || fields.length >= headerCountMax) return undefined
    const isField = folded
      ? addFolded(fields, head.slice(position, end))
      : addField(fields, head, position, end)
    if (!isField) return undefined
    position = end + 2
  }
  return fields
}

function addFolded(fields: HeaderField[], lines: string): boolean {
  // Looks only where white space begins: a long run of it is not searched again from each place in it.
  const text = lines.replace(/(?<![ \t])[ \t]*(?:\r\n[ \t]+)+/g, ' ')
  return addField(fields, text, 0, text.length)
}

function endOfLine(text: string, from: number): number {
  const end = text.indexOf('\r\n', from)
  return end < 0 ? text.length : end
}

function isBlank(code: number): boolean {
  return code === 32 || code === 9
}

const listNames = new Set(['Via', 'Route', 'Record-Route'])

/** The field in `text` from `begin` to `end`. */
function addField(fields: HeaderField[], text: string, begin: number, end: number): boolean {
  const colon = text.indexOf(':', begin)
  if (colon <= begin || colon >= end) return false
  let nameEnd = colon
  while (nameEnd > begin && isBlank(text.charCodeAt(nameEnd - 1))) nameEnd--
  const rawName = text.slice(begin, nameEnd)
  const known = knownName(rawName)
  if (known === undefined && !isToken(rawName)) return false
  const name = known ?? rawName
  const value = text.slice(colon + 1, end).trim()
  // RFC 3261 §7.3.1: a joined list equals one field per value.
  const parts = listNames.has(name) && value.includes(',') ? splitOutside(value, ',') : undefined
  if (!parts?.every((part) => part !== '')) fields.push({ name, value })
  else for (const part of parts) fields.push({ name, value: part })
  return fields.length <= headerCountMax
}

/** The length of the body, or what is wrong (RFC 3261 §18.3). */
function contentLength(fields: readonly HeaderField[], available: number): number | string {
  let found: number | undefined
  for (const { name, value } of fields) {
    if (name !== 'Content-Length') continue
    if (found !== undefined || !/^[0-9]{1,10}$/.test(value)) return 'Bad Content-Length'
    found = Number(value)
  }
  if (found === undefined) return available
  return found > available ? 'Incomplete Body' : found
}
