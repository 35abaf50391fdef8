import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { inspectRequest, inspectResponse } from './inspect.js'
import { canonicalName, headerOf, type SipMessage } from './message.js'
import { messageBytesMax, parseMessage } from './parser.js'
import { serializeMessage } from './serializer.js'

const token = fc.stringMatching(/^[A-Za-z0-9\-.!%*_+`'~]{1,12}$/)
const text = fc
  .string({ unit: 'grapheme', maxLength: 40 })
  .map((value) => value.replace(/[\r\n]/g, '').trim())
const header = fc
  .record({ name: token.map(canonicalName), value: text })
  .filter(({ name }) => !['Content-Length', 'Via', 'Route', 'Record-Route'].includes(name))
const body = fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes))
const message: fc.Arbitrary<SipMessage> = fc.oneof(
  fc.record({
    type: fc.constant('request' as const),
    method: token.filter((name) => name !== 'SIP'),
    uri: fc.stringMatching(/^sip:[a-z0-9.@;=%?-]{1,30}$/),
    headers: fc.array(header, { maxLength: 12 }),
    body,
  }),
  fc.record({
    type: fc.constant('response' as const),
    status: fc.integer({ min: 100, max: 699 }),
    reason: text,
    headers: fc.array(header, { maxLength: 12 }),
    body,
  }),
)

describe('parseMessage', () => {
  it('reads back what was written', () => {
    fc.assert(
      fc.property(message, (original) => {
        const parsed = parseMessage(serializeMessage(original))
        const length = { name: 'Content-Length', value: String(original.body.length) }
        const headers = [...original.headers, length]
        expect(parsed.ok && { ...parsed.value, body: Buffer.from(parsed.value.body) }).toEqual({
          ...original,
          headers,
        })
      }),
      { numRuns: 500 },
    )
  })

  it('takes the line separators of Unicode for text, as they end no line of SIP', () => {
    const parsed = parseMessage(Buffer.from('SIP/2.0 200 O\u2028K\r\nContent-Length: 0\r\n\r\n'))
    expect(parsed).toMatchObject({ ok: true, value: { reason: 'O\u2028K' } })
  })

  it('finds the version behind letters that are longer in upper case', () => {
    const parsed = parseMessage(
      Buffer.from('ACK sip:a@b;x=\u00df\u00df sip/2.0\r\nContent-Length: 0\r\n\r\n'),
    )
    expect(parsed).toMatchObject({ ok: true, value: { uri: 'sip:a@b;x=\u00df\u00df' } })
    expect(parseMessage(Buffer.from('ACK sip:a@b SIPS/2.0\r\n\r\n'))).toMatchObject({ ok: false })
    expect(parseMessage(Buffer.from('ACK  SIP/2.0\r\n\r\n'))).toMatchObject({ ok: false })
  })

  it('never throws, whatever comes', () => {
    const piece = fc.oneof(
      fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes).toString('latin1')),
      fc.constantFrom(
        ...['INVITE sip:a@b SIP/2.0\r\n', 'SIP/2.0 200 OK\r\n', 'Via: SIP/2.0/UDP h;branch=z'],
        ...[
          '\r\n',
          '\r\n\r\n',
          ' ',
          ',',
          '"',
          '<',
          '>',
          ';',
          'To: <sip:a@b>;tag=',
          'v:',
          'CSeq: 1',
        ],
        ...['Contact: ', 'Call-ID: x', 'From: "a" <sip:a@b>', 'l: 4', '\\', '\t', '=', '[::1]'],
      ),
    )
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
        const parsed = parseMessage(Buffer.from(pieces.join(''), 'latin1'))
        if (!parsed.ok) return
        if (parsed.value.type === 'request') inspectRequest(parsed.value)
        else inspectResponse(parsed.value)
      }),
      { numRuns: 3000 },
    )
  })

  it('unfolds lines, knows compact forms and splits lists of hops', () => {
    const parsed = parseMessage(
      Buffer.from(
        [
          'INVITE sip:bob@example.com SIP/2.0',
          'v: SIP/2.0/UDP a;branch=z9hG4bK1,',
          ' SIP/2.0/UDP b;branch=z9hG4bK2',
          'subject: one',
          '\ttwo',
          '  ',
          ' three',
          'route: <sip:a,b@x;lr>, <sip:c;lr>',
          '',
          'body',
        ].join('\r\n'),
      ),
    )
    expect(parsed.ok && parsed.value.headers).toEqual([
      { name: 'Via', value: 'SIP/2.0/UDP a;branch=z9hG4bK1' },
      { name: 'Via', value: 'SIP/2.0/UDP b;branch=z9hG4bK2' },
      { name: 'Subject', value: 'one two three' },
      { name: 'Route', value: '<sip:a,b@x;lr>' },
      { name: 'Route', value: '<sip:c;lr>' },
    ])
    expect(parsed.ok && Buffer.from(parsed.value.body).toString()).toBe('body')
    expect(parsed.ok && headerOf(parsed.value.headers, 's')).toBe('one two three')
  })

  it('is bounded in length and in fields', () => {
    expect(parseMessage(new Uint8Array(messageBytesMax + 1)).ok).toBe(false)
    const many = `INVITE sip:a SIP/2.0\r\n${'a: b\r\n'.repeat(300)}\r\n`
    expect(parseMessage(Buffer.from(many)).ok).toBe(false)
    const hops = `INVITE sip:a SIP/2.0\r\nRoute: ${'<sip:a>,'.repeat(900)}<sip:a>\r\n\r\n`
    expect(parseMessage(Buffer.from(hops)).ok).toBe(false)
    const long = `INVITE sip:a SIP/2.0\r\na: ${'b'.repeat(9000)}\r\n\r\n`
    expect(parseMessage(Buffer.from(long)).ok).toBe(false)
  })

  it('takes no bare line ends inside of a field', () => {
    expect(parseMessage(Buffer.from('INVITE sip:a SIP/2.0\r\nA: b\nVia: c\r\n\r\n')).ok).toBe(false)
  })
})

describe('serializeMessage', () => {
  it('lets no value begin another field', () => {
    const bytes = serializeMessage({
      type: 'response',
      status: 200,
      reason: 'OK\r\nEvil: 1',
      headers: [
        { name: 'X-A', value: 'b\r\nEvil: 2' },
        { name: 'Bad Name', value: 'c' },
      ],
      body: new Uint8Array(0),
    })
    const parsed = parseMessage(bytes)
    const names = parsed.ok ? parsed.value.headers.map(({ name }) => name) : []
    expect(names).toEqual(['X-A', 'Content-Length'])
  })
})
