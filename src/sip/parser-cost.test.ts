import { describe, expect, it } from 'vitest'
import { parseSdp } from '../sdp/parser.js'
import { parseDigest } from './digest.js'
import { inspectRequest } from './inspect.js'
import { parseNameAddr } from './name-addr.js'
import { parseMessage } from './parser.js'
import { type Frame, StreamFraming } from './stream-framing.js'
import { parseSipUri } from './uri.js'
import { parseVia } from './via.js'

/**
 * No input costs more than its length: eight times as much text may take about eight times as long, where
 * a quadratic step would take 64 times. That is compared as the smallest CPU time of several runs, with a
 * bound between the two, so that a busy machine does not decide.
 */
const growth = 8
const timesMax = 26
const triesMax = 4

const parts = {
  ',': ',',
  ';': ';',
  'a;': 'a;',
  ';a=b': ';a=b',
  ';a="': ';a="',
  '"': '"',
  'backslashes in quotes': '\\',
  'quoted pairs': '\\"',
  '<': '<',
  '>': '>',
  '<>': '<>,',
  '@': '@',
  ':': ':',
  '%': '%',
  '%41': '%41',
  '(': '(',
  '[': '[',
  '=': '=',
  '?': '?&a=',
  '/': '/',
  '.': '1.',
  spaces: ' ',
  tabs: '\t ',
  'words and spaces': 'a ',
  'long token': 'a',
  digits: '1',
  addresses: '<sip:a@b>,',
  'other scripts': '\u00e9\u4e2d',
  'line separators': '\u2028',
  'bare CR': '\r',
} as const

const readers: { readonly [name: string]: (text: string) => unknown } = {
  parseNameAddr,
  parseSipUri: (text) => parseSipUri(`sip:${text}`),
  'parseSipUri, the host': (text) => parseSipUri(`sip:a@${text}`),
  'parseSipUri, parameters': (text) => parseSipUri(`sip:a@b;${text}`),
  'parseNameAddr, quoted': (text) => parseNameAddr(`"${text}`),
  'parseNameAddr, parameters': (text) => parseNameAddr(`<sip:a@b>;${text}`),
  parseVia: (text) => parseVia(`SIP/2.0/UDP ${text}`),
  'parseVia, parameters': (text) => parseVia(`SIP/2.0/UDP a;${text}`),
  'parseVia, white space': (text) => parseVia(`SIP ${text}/ 2.0/UDP a`),
  parseDigest: (text) => parseDigest(`Digest ${text}`),
  'parseDigest, a value': (text) => parseDigest(`Digest a="${text}`),
}

const sdpLead = 'v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\n'
const sdpReaders: typeof readers = {
  'a line of any kind': (text) => parseSdp(`${sdpLead}${text}\r\n`),
  'many lines': (text) => parseSdp(sdpLead + `a=${text.slice(0, 40)}\r\n`.repeat(text.length / 40)),
  ...Object.fromEntries(
    ['o=', 'c=IN IP4 ', 'm=audio 1 RTP/AVP ', 'm='].map((start) => [
      start,
      (text: string) => parseSdp(`${sdpLead}${start}${text}\r\n`),
    ]),
  ),
  ...Object.fromEntries(
    ['rtpmap:1 ', 'fmtp:1 ', 'crypto:1 ', 'crypto:1 A inline:', 'extmap:1 ', 'ptime:', ''].map(
      (start) => [
        `a=${start}`,
        (text: string) => parseSdp(`${sdpLead}m=audio 1 RTP/AVP 0\r\na=${start}${text}\r\n`),
      ],
    ),
  ),
}

const request = 'INVITE sip:a@b SIP/2.0\r\n'
function read(text: string): void {
  const parsed = parseMessage(Buffer.from(text))
  if (parsed.ok && parsed.value.type === 'request') inspectRequest(parsed.value)
}
const required = [
  'Via: SIP/2.0/UDP a;branch=z9hG4bK1',
  'From: <sip:a@b>;tag=1',
  'To: <sip:a@b>',
  'Call-ID: 1',
  'CSeq: 1 INVITE',
]
/** One field as long as it may be, at most 8 KiB. */
const fieldReaders: typeof readers = Object.fromEntries(
  ['Via', 'From', 'To', 'Contact', 'Route', 'Call-ID', 'CSeq', 'X'].map((name) => [
    name,
    (text: string) => {
      const others = required.filter((line) => !line.startsWith(`${name}:`))
      read(`${request}${others.join('\r\n')}\r\n${name}: a${text}b\r\n\tb\r\n\r\n`)
    },
  ]),
)
/** As many fields as there is room for. */
const messageReaders: typeof readers = {
  'fields of 250 characters': (text) => {
    const field = `X: ${text.slice(0, 200)}b\r\n ${text.slice(0, 40)}\r\n`
    read(request + field.repeat(text.length / 250))
  },
  'fields of 8,000 characters': (text) => {
    read(request + `X: ${text.slice(0, 7_900)}\r\n`.repeat(Math.ceil(text.length / 8_000)))
  },
  'the request line': (text) => read(`INVITE ${text} SIP/2.0\r\n\r\n`),
  'the start': (text) => read(text),
  'the body': (text) => read(`${request}\r\n${text}`),
  'seven bytes at a time': (text) => {
    const framing = new StreamFraming()
    const frames: Frame[] = []
    const bytes = Buffer.from(`${request}X: ${text.slice(0, 60_000)}`)
    for (let at = 0; at < bytes.length; at += 7) framing.push(bytes.subarray(at, at + 7), frames)
  },
  'a head of a stream': (text) => {
    const framing = new StreamFraming()
    framing.push(Buffer.from(`${request}l: ${text.slice(0, 60_000)}\r\n\r\n`), [])
  },
}

describe.each([
  ['a value of up to 64 KiB', readers, 65_536],
  ['a description of up to 32 KiB', sdpReaders, 32_000],
  ['a field of up to 8 KiB', fieldReaders, 8_000],
  ['a message of up to 64 KiB', messageReaders, 64_000],
])('%s takes linear time', (_what, functions, longest) => {
  it.each(Object.entries(functions))('%s', (name, readOne) => {
    for (const [what, part] of Object.entries(parts)) {
      const texts = [longest / growth, longest].map((length) =>
        part.repeat(Math.floor(length / Buffer.byteLength(part))),
      )
      expect(timesLonger(readOne, texts[0] ?? '', texts[1] ?? ''), `${name}: ${what}`).toBeLessThan(
        timesMax,
      )
    }
  })
})

/** How many times longer the second takes; what takes next to nothing has no say. */
function timesLonger(readOne: (text: string) => unknown, short: string, long: string): number {
  let least = Number.POSITIVE_INFINITY
  for (let turn = 0; turn < triesMax && least >= timesMax; turn++) {
    const shortMs = smallestMs(readOne, short)
    const longMs = smallestMs(readOne, long)
    least = Math.min(least, longMs < 2 ? 0 : longMs / Math.max(shortMs, 0.05))
  }
  return least
}

function smallestMs(readOne: (text: string) => unknown, text: string): number {
  let smallest = Number.POSITIVE_INFINITY
  for (let turn = 0; turn < 4; turn++) {
    const start = process.cpuUsage()
    readOne(text)
    const { user, system } = process.cpuUsage(start)
    smallest = Math.min(smallest, (user + system) / 1000)
  }
  return smallest
}
