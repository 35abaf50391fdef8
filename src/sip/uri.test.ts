import { describe, expect, it } from 'vitest'
import { parseNameAddr } from './name-addr.js'
import { displayText, escapeUser, parseSipUri, userOf } from './uri.js'
import { formatVia, parseVia, stampVia } from './via.js'

describe('parseSipUri', () => {
  it.each([
    ['sip:bob@example.com', 'bob', 'example.com', undefined],
    ['SIP:Bob@EXAMPLE.com:5070', 'Bob', 'example.com', 5070],
    ['sip:+15551234567@192.0.2.1;user=phone', '+15551234567', '192.0.2.1', undefined],
    ['sip:bob:secret@[2001:db8::1]:5061', 'bob', '2001:db8::1', 5061],
    [
      'sip:user;par=u%40example.net@example.com',
      'user;par=u@example.net',
      'example.com',
      undefined,
    ],
    ['sip:example.com', undefined, 'example.com', undefined],
  ])('reads %s', (text, user, host, port) => {
    const uri = parseSipUri(text)
    expect(uri && userOf(uri)).toBe(user)
    expect(uri?.host).toBe(host)
    expect(uri?.port).toBe(port)
  })

  it.each(['tel:+1555', 'sip:', 'sip:a@', 'sip:a@b@c', 'sip:a b@c', 'sip:a@b:99999', 'sip:a@b:0'])(
    'refuses %s',
    (text) => expect(parseSipUri(text)).toBeUndefined(),
  )

  it('keeps parameters by lower-case name', () => {
    const uri = parseSipUri('sip:a@b;LR;transport=TCP;x=%41?subject=y')
    expect(uri && [...uri.params]).toEqual([
      ['lr', ''],
      ['transport', 'TCP'],
      ['x', '%41'],
    ])
    expect(uri?.headers).toBe('subject=y')
  })
})

describe('text from peers', () => {
  it('is shown without control characters', () => {
    expect(displayText('a\u0000b\u202ec\r\n')).toBe('a\ufffdb\ufffdc\ufffd\ufffd')
    expect(displayText('x'.repeat(300))).toHaveLength(257)
  })

  it('is escaped as a user', () => {
    const uri = parseSipUri(`sip:${escapeUser('+1 555@x;y')}@host`)
    expect(uri && userOf(uri)).toBe('+1 555@x;y')
  })
})

describe('parseNameAddr', () => {
  it.each([
    ['"A \\"B\\" , C" <sip:a@b;x=1>;tag=t', 'A "B" , C', 'sip:a@b;x=1', 't'],
    ['Alice Smith <sip:a@b>', 'Alice Smith', 'sip:a@b', undefined],
    ['sip:a@b;tag=t', undefined, 'sip:a@b', 't'],
    ['<sip:a@b> ; Tag = t', undefined, 'sip:a@b', 't'],
    ['Zoë<sip:a@b>', 'Zoë', 'sip:a@b', undefined],
  ])('reads %s', (text, name, uri, tag) => {
    const parsed = parseNameAddr(text)
    expect(parsed?.displayName).toBe(name)
    expect(parsed?.uri).toBe(uri)
    expect(parsed?.params.get('tag')).toBe(tag)
  })

  it.each([
    '"a <sip:a@b>',
    '<sip:a@b',
    'a, b <sip:a@b>',
    '< sip:a@b>',
    'sip:a?b=c',
    '',
    '<>',
    '"x"',
  ])('refuses %s', (text) => expect(parseNameAddr(text)).toBeUndefined())
})

describe('Via', () => {
  it('is stamped with where the request came from', () => {
    const via = parseVia('SIP / 2.0 / UDP  10.0.0.1 : 5070 ;rport; branch=z9hG4bK1')
    expect(via && formatVia(stampVia(via, '192.0.2.7', 40000))).toBe(
      'SIP/2.0/UDP 10.0.0.1:5070;rport=40000;branch=z9hG4bK1;received=192.0.2.7',
    )
    const same = parseVia('SIP/2.0/TCP 192.0.2.7;branch=z9hG4bK1')
    expect(same && stampVia(same, '192.0.2.7', 1)).toBe(same)
    expect(parseVia('SIP/2.0/UDP [2001:db8::1]:5062;branch=x')?.host).toBe('2001:db8::1')
  })
})
