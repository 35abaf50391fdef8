import { describe, expect, it } from 'vitest'
import { parseSdp } from '../../src/sdp/parser.js'
import { parseSipUri } from '../../src/sip/uri.js'
import { parseVia } from '../../src/sip/via.js'
import { flowFrom, ScriptedPeer } from './scripted-peer.js'

/** The messages of RFC 5118 §4 from a trusted peer: what each looks like, and what it gets. */
interface Ipv6Case {
  readonly section: string
  readonly request: string
  readonly vias?: readonly string[]
  readonly toTag?: boolean
  readonly contact?: string
  readonly sdp?: readonly string[]
  readonly outcome: number | 'invited'
  readonly why: string
}

const branch = 'branch=z9hG4bKas3-111'
const via = `SIP/2.0/UDP [2001:db8::9:1];${branch}`
const audio = 'm=audio 6000 RTP/AVP 0'

const cases: readonly Ipv6Case[] = [
  {
    section: '4.1',
    request: 'REGISTER sip:[2001:db8::10]',
    outcome: 200,
    why: 'a valid message',
  },
  {
    section: '4.2',
    request: 'REGISTER sip:2001:db8::10',
    outcome: 400,
    why: 'no brackets around the address',
  },
  {
    section: '4.3',
    request: 'REGISTER sip:[2001:db8::10:5070]',
    outcome: 200,
    why: 'what looks like a port belongs to the address',
  },
  {
    section: '4.4',
    request: 'REGISTER sip:[2001:db8::10]:5070',
    outcome: 200,
    why: 'the port is outside of the brackets',
  },
  {
    section: '4.5, brackets',
    request: 'BYE sip:[2001:db8::10]',
    vias: [`SIP/2.0/UDP [2001:db8::9:1];received=[2001:db8::9:255];${branch}`],
    toTag: true,
    outcome: 481,
    why: 'received with brackets is tolerated',
  },
  {
    section: '4.5, none',
    request: 'BYE sip:[2001:db8::10]',
    vias: [`SIP/2.0/UDP [2001:db8::9:1];received=2001:db8::9:255;${branch}`],
    toTag: true,
    outcome: 481,
    why: 'received as it should be',
  },
  {
    section: '4.6',
    request: 'INVITE sip:user@[2001:db8::10]',
    sdp: ['o=a 1 1 IN IP6 2001:db8::20', 'c=IN IP6 2001:db8::20', audio],
    outcome: 'invited',
    why: 'no brackets in a description',
  },
  {
    section: '4.7',
    request: 'BYE sip:user@host.example.net',
    vias: [
      `${via};received=[2001:db8::9:255]`,
      'SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKjhja8781hjuaij65144',
    ],
    toTag: true,
    outcome: 481,
    why: 'both families on the way',
  },
  {
    section: '4.8',
    request: 'INVITE sip:user@[2001:db8::10]',
    sdp: [
      'o=a 1 1 IN IP6 2001:db8::20',
      audio,
      'c=IN IP6 2001:db8::1',
      'm=video 5510 RTP/AVP 31',
      'c=IN IP4 192.0.2.1',
    ],
    outcome: 'invited',
    why: 'an address of its own for each stream',
  },
  {
    section: '4.9',
    request: 'INVITE sip:user@example.com',
    vias: [`SIP/2.0/UDP [::ffff:192.0.2.10]:19823;${branch}`],
    contact: '<sip:jsmith@[::ffff:192.0.2.2]>',
    sdp: ['o=a 1 1 IN IP6 ::ffff:192.0.2.2', 'c=IN IP6 ::ffff:192.0.2.2', audio],
    outcome: 'invited',
    why: 'IPv4 mapped into IPv6',
  },
  {
    section: '4.10',
    request: 'OPTIONS sip:user@[2001:db8:::192.0.2.1]',
    outcome: 200,
    why: 'three colons, as an early grammar had them, are tolerated',
  },
]

function textOf(example: Ipv6Case): string {
  const [method] = example.request.split(' ')
  const description = example.sdp?.map((line) =>
    line.startsWith('o=') ? `v=0\r\n${line}\r\ns=-\r\nt=0 0` : line,
  )
  // The connection belongs before the times where it is that of the session.
  const body = description ? `${description.join('\r\n')}\r\n` : ''
  return [
    `${example.request} SIP/2.0`,
    ...(example.vias ?? [via]).map((value) => `Via: ${value}`),
    `To: sip:user@example.com${example.toTag ? ';tag=bd76ya' : ''}`,
    'From: sip:user@example.com;tag=81x2',
    'Call-ID: SSG9559905523997077@hlau_4100',
    'Max-Forwards: 70',
    `Contact: ${example.contact ?? '"Caller" <sip:caller@[2001:db8::1]>'}`,
    `CSeq: 98176 ${method}`,
    ...(body === '' ? [] : ['Content-Type: application/sdp']),
    `Content-Length: ${body.length}`,
    '',
    body,
  ].join('\r\n')
}

describe('the torture messages of RFC 5118', () => {
  it.each(cases)('§$section: $outcome, $why', (example) => {
    const peer = new ScriptedPeer({ isTrusted: () => true, isOwnDomain: () => true })
    peer.text(textOf(example), flowFrom('2001:db8::9:1'))
    if (example.outcome === 'invited') expect(peer.of('invited')).toHaveLength(1)
    else expect(peer.statuses).toEqual([example.outcome])
    const [sent] = peer.sent
    expect(sent?.output.target.address).toBe('2001:db8::9:1')
  })

  it('mean the address that they write', () => {
    expect(parseSipUri('sip:[2001:db8::10:5070]')).toMatchObject({ host: '2001:db8::10:5070' })
    expect(parseSipUri('sip:[2001:db8::10:5070]')?.port).toBeUndefined()
    expect(parseSipUri('sip:[2001:db8::10]:5070')).toMatchObject({
      host: '2001:db8::10',
      port: 5070,
    })
    const [bracketed, plain] = cases.filter(({ section }) => section.startsWith('4.5'))
    expect(parseVia(bracketed?.vias?.[0] ?? '')?.params.get('received')).toContain(
      '2001:db8::9:255',
    )
    expect(parseVia(plain?.vias?.[0] ?? '')?.params.get('received')).toBe('2001:db8::9:255')
  })

  it('bring descriptions with the address of each stream', () => {
    const text = (section: string) => {
      const example = cases.find((one) => one.section === section)
      return textOf(example as Ipv6Case).split('\r\n\r\n')[1] ?? ''
    }
    const one = parseSdp(text('4.6'))
    expect(one.ok && one.value.connection).toBe('2001:db8::20')
    const several = parseSdp(text('4.8'))
    expect(several.ok && several.value.media.map(({ connection }) => connection)).toEqual([
      '2001:db8::1',
      '192.0.2.1',
    ])
  })
})
