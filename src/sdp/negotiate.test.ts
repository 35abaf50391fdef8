import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { acceptAnswer, type Capabilities, createOffer, negotiate } from './negotiate.js'
import { parseSdp } from './parser.js'
import { PayloadTypes } from './payload-types.js'
import type { SessionDescription } from './session-description.js'
import { writeSdp } from './writer.js'

const capabilities: Capabilities = {
  codecs: [
    { name: 'PCMU', clockRateHz: 8000, payloadType: 0 },
    { name: 'PCMA', clockRateHz: 8000, payloadType: 8 },
  ],
  telephoneEvents: [{ payloadType: 101, clockRateHz: 8000 }],
  address: '192.0.2.9',
  port: 20000,
  sessionId: '1',
  sessionVersion: 1,
  ptimeMs: 20,
}

const head = ['v=0', 'o=- 1 1 IN IP4 192.0.2.1', 's=-', 'c=IN IP4 192.0.2.1', 't=0 0']

function parsed(...lines: string[]): SessionDescription {
  const result = parseSdp([...head, ...lines].join('\r\n'))
  if (!result.ok) throw new Error(result.problem)
  return result.value
}

function selected(...lines: string[]) {
  const result = negotiate(parsed(...lines), capabilities)
  return result.ok ? result.value.selection : result.problem
}

function answer(...lines: string[]): string {
  const result = negotiate(parsed(...lines), capabilities)
  return result.ok ? writeSdp(result.value.answer) : result.problem
}

describe('parseSdp', () => {
  it('takes LF, missing s= and t=, and lines it does not know', () => {
    const result = parseSdp(
      'v=0\no=a 1 2 IN IP4 h\nz=0\nm=audio 4000/2 RTP/AVP 0\nc=IN IP4 h/127\n\n',
    )
    expect(result.ok && result.value.media).toMatchObject([{ port: 4000, connection: 'h' }])
  })

  it.each([
    ['', 'no v=0 line'],
    ['v=1', 'no v=0 line'],
    ['v=0\r\nx', 'line 2 is no type=value'],
    ['v=0\r\ns=-', 'no o= line'],
    ['v=0\r\no=a', 'bad o= line'],
    ['v=0\r\no=a 1 1 IN IP4 h\r\nc=IN IP4', 'bad c= line'],
    ['v=0\r\no=a 1 1 IN IP4 h\r\nm=audio 70000 RTP/AVP 0', 'bad m= line'],
  ])('refuses %j', (text, problem) => {
    const result = parseSdp(text)
    expect(result.ok ? undefined : result.problem).toBe(problem)
  })

  it('never throws, and neither does negotiation', () => {
    const line = fc.oneof(
      fc.string({ maxLength: 30 }),
      fc.constantFrom(
        ...[
          'v=0',
          'o=- 1 1 IN IP4 h',
          'c=IN IP4 0.0.0.0',
          'c=IN IP6 ::1',
          'm=audio 1 RTP/AVP 0 8 96',
        ],
        ...['m=video 2 RTP/AVP 31', 'm=audio 3 RTP/SAVP 0', 'a=rtpmap:96 telephone-event/8000'],
        ...[
          'a=fmtp:96 0-99999',
          'a=ptime:',
          'a=ptime:9999',
          'a=maxptime:5',
          'a=sendonly',
          'a=inactive',
        ],
      ),
    )
    fc.assert(
      fc.property(fc.array(line, { maxLength: 20 }), (lines) => {
        const result = parseSdp(['v=0', 'o=- 1 1 IN IP4 h', ...lines].join('\r\n'))
        if (!result.ok) return
        const negotiated = negotiate(result.value, capabilities)
        if (negotiated.ok) {
          expect(negotiated.value.answer.media).toHaveLength(result.value.media.length)
          expect(negotiated.value.selection.ptimeMs % 10).toBe(0)
        }
      }),
      { numRuns: 2000 },
    )
  })

  it('is bounded', () => {
    expect(parseSdp(`v=0\n${'a=x\n'.repeat(2000)}`).ok).toBe(false)
    expect(parseSdp(`v=0\n${'x'.repeat(40_000)}`).ok).toBe(false)
    const many = `${head.join('\n')}\n${'m=audio 1 RTP/AVP 0\n'.repeat(40)}`
    expect(parseSdp(many).ok).toBe(false)
  })
})

describe('negotiate', () => {
  it('knows static payload types and takes the order of the offer', () => {
    expect(selected('m=audio 4000 RTP/AVP 8 0')).toEqual({
      remoteAddress: '192.0.2.1',
      remotePort: 4000,
      codec: 'PCMA',
      clockRateHz: 8000,
      payloadType: 8,
      telephoneEventPayloadType: undefined,
      telephoneEventClockRateHz: 8000,
      ptimeMs: 20,
      fec: false,
      dtx: false,
      rtcpMux: false,
      srtp: undefined,
      direction: 'sendrecv',
    })
  })

  it('leaves out silence when the offer knows comfort noise, and the codec needs it', () => {
    const answered = (...lines: string[]) => {
      const result = negotiate(parsed(...lines), capabilities)
      return result.ok ? writeSdp(result.value.answer) : result.problem
    }
    expect(selected('m=audio 4000 RTP/AVP 0 13')).toMatchObject({ codec: 'PCMU', dtx: true })
    expect(answered('m=audio 4000 RTP/AVP 0 13')).toContain('a=rtpmap:13 CN/8000\r\n')
    expect(answered('m=audio 4000 RTP/AVP 0')).not.toContain('CN/8000')
    const ours = createOffer(capabilities)
    const theirs = parsed('m=audio 4000 RTP/AVP 0 13')
    expect(acceptAnswer(ours, theirs)).toMatchObject({ ok: true, value: { dtx: false } })
  })

  it('reads the audio level where an offer gives it, and asks for it', () => {
    const uri = 'urn:ietf:params:rtp-hdrext:ssrc-audio-level'
    const lines = ['m=audio 4000 RTP/AVP 0', 'a=extmap:3 urn:x', `a=extmap:5 ${uri} vad=on`]
    const result = negotiate(parsed(...lines), capabilities)
    const answer = result.ok ? writeSdp(result.value.answer) : ''
    expect(selected(...lines)).toMatchObject({ audioLevelExtension: 5 })
    expect(answer).toContain(`a=extmap:5/recvonly ${uri}\r\n`)
    expect(answer).not.toContain('urn:x')
    const unusable = [`a=extmap:15 ${uri}`, `a=extmap:2/recvonly ${uri}`, 'a=extmap:1 urn:x']
    for (const line of unusable) {
      const selection = selected('m=audio 4000 RTP/AVP 0', line)
      expect(selection).toMatchObject({ audioLevelExtension: undefined })
    }
    const offer = createOffer(capabilities)
    expect(writeSdp(offer)).toContain(`a=extmap:1/recvonly ${uri}\r\n`)
    const theirs = parsed('m=audio 4000 RTP/AVP 0', `a=extmap:1/sendonly ${uri}`)
    expect(acceptAnswer(offer, theirs)).toMatchObject({ value: { audioLevelExtension: 1 } })
  })

  it('takes the payload types of the offer', () => {
    const lines = [
      'm=audio 4000 RTP/AVP 100 97',
      'a=rtpmap:100 pcma/8000/1',
      'a=rtpmap:97 telephone-event/8000',
      'a=fmtp:97 0-15',
    ]
    expect(selected(...lines)).toMatchObject({
      codec: 'PCMA',
      payloadType: 100,
      telephoneEventPayloadType: 97,
    })
    const text = answer(...lines)
    expect(text).toContain('m=audio 20000 RTP/AVP 100 97\r\n')
    expect(text).toContain('a=rtpmap:100 PCMA/8000\r\n')
    expect(text).toContain('a=fmtp:97 0-16\r\n')
  })

  it('takes wideband codecs, and telephone-event with the clock of the audio', () => {
    const wide: Capabilities = {
      ...capabilities,
      codecs: [
        ...capabilities.codecs,
        { name: 'G722', clockRateHz: 8000, payloadType: 9 },
        { name: 'opus', clockRateHz: 48000, payloadType: 96 },
        { name: 'L16', clockRateHz: 16000, payloadType: 97 },
      ],
      telephoneEvents: [
        { payloadType: 101, clockRateHz: 8000 },
        { payloadType: 102, clockRateHz: 48000 },
      ],
    }
    const select = (...lines: string[]) => {
      const result = negotiate(parsed(...lines), wide)
      return result.ok ? { ...result.value.selection, text: writeSdp(result.value.answer) } : result
    }
    const opus = select(
      'm=audio 4000 RTP/AVP 111 110 126 0',
      'a=rtpmap:111 OPUS/48000/2',
      'a=fmtp:111 minptime=10; useinbandfec=1;usedtx=1',
      'a=rtpmap:126 telephone-event/8000',
      'a=rtpmap:110 telephone-event/48000',
    )
    expect(opus).toMatchObject({
      ...{ codec: 'opus', clockRateHz: 48000, payloadType: 111, fec: true, dtx: true },
      ...{ telephoneEventPayloadType: 110, telephoneEventClockRateHz: 48000 },
    })
    expect(opus).toHaveProperty('text', expect.stringContaining('a=rtpmap:111 opus/48000/2\r\n'))
    expect(select('m=audio 4000 RTP/AVP 9 0')).toMatchObject({ codec: 'G722', payloadType: 9 })
    const linear = ['m=audio 4000 RTP/AVP 99 98', 'a=rtpmap:99 L16/44100', 'a=rtpmap:98 L16/16000']
    expect(select(...linear)).toMatchObject({ codec: 'L16', clockRateHz: 16000, payloadType: 98 })
    expect(select('m=audio 1 RTP/AVP 99', 'a=rtpmap:99 L16/16000/2')).toMatchObject({ ok: false })
    // Opus has no frame of 30 ms, and 60 ms of L16 do not fit a packet.
    const opusAt = (ptime: number) =>
      select('m=audio 1 RTP/AVP 96', 'a=rtpmap:96 opus/48000/2', `a=ptime:${ptime}`)
    expect([30, 50, 60, 120].map((ms) => opusAt(ms))).toMatchObject(
      [20, 40, 60, 60].map((ptimeMs) => ({ ptimeMs })),
    )
    expect(select(...linear, 'a=ptime:60')).toMatchObject({ ptimeMs: 40 })
  })

  it('agrees on SRTP when the offer demands it and a key can be read', () => {
    const ourKey = Uint8Array.from({ length: 30 }, (_, i) => i)
    const select = (...lines: string[]) => {
      const result = negotiate(parsed(...lines), { ...capabilities, srtpKey: ourKey })
      return result.ok
        ? { srtp: result.value.selection.srtp, text: writeSdp(result.value.answer) }
        : result.problem
    }
    const key = Buffer.from(Uint8Array.from({ length: 30 }, (_, i) => 200 - i))
    const inline = `inline:${key.toString('base64')}`
    const secure = select(
      'm=audio 4000 RTP/SAVP 0',
      `a=crypto:1 F8_128_HMAC_SHA1_80 ${inline}`,
      `a=crypto:2 AES_CM_128_HMAC_SHA1_80 ${inline}|2^20|1:4`,
      `a=crypto:3 AES_CM_128_HMAC_SHA1_32 ${inline}|2^31`,
      `a=crypto:4 AES_CM_128_HMAC_SHA1_80 ${inline}`,
    )
    expect(secure).toMatchObject({
      srtp: { suite: 'AES_CM_128_HMAC_SHA1_32', receivedKey: new Uint8Array(key), sentKey: ourKey },
    })
    const ours = Buffer.from(ourKey).toString('base64')
    const lines = ['m=audio 20000 RTP/SAVP 0', `a=crypto:3 AES_CM_128_HMAC_SHA1_32 inline:${ours}`]
    for (const line of lines) {
      expect(secure).toHaveProperty('text', expect.stringContaining(`${line}\r\n`))
    }
    expect(select('m=audio 4000 RTP/SAVP 0')).toBe('noAudio')
    const short = `a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:${ours.slice(4)}`
    expect(select('m=audio 4000 RTP/SAVP 0', short)).toBe('noAudio')
    const unknown = `a=crypto:1 AES_CM_128_HMAC_SHA1_80 ${inline} UNENCRYPTED_SRTP`
    expect(select('m=audio 4000 RTP/SAVP 0', unknown)).toBe('noAudio')
  })

  it('leads both ends of an offer of ours with SRTP to the same keys', () => {
    const ourKey = Uint8Array.from({ length: 30 }, (_, i) => 1 + i)
    const theirKey = Uint8Array.from({ length: 30 }, (_, i) => 2 + i)
    const offer = createOffer({ ...capabilities, secure: true, srtpKey: ourKey })
    const answered = negotiate(offer, { ...capabilities, srtpKey: theirKey })
    if (!answered.ok) throw new Error(answered.problem)
    const accepted = acceptAnswer(offer, answered.value.answer)
    const sentKey = ourKey.slice(0, 28)
    const receivedKey = theirKey.slice(0, 28)
    const suite = 'AEAD_AES_128_GCM'
    expect(accepted.ok && accepted.value.srtp).toEqual({ suite, sentKey, receivedKey })
    const mirrored = { suite, sentKey: receivedKey, receivedKey: sentKey }
    expect(answered.value.selection.srtp).toEqual(mirrored)
  })

  it('does not take 0 for PCMU when it was mapped to something else', () => {
    expect(selected('m=audio 4000 RTP/AVP 0', 'a=rtpmap:0 G729/8000')).toBe('noCodec')
  })

  it.each([
    ['sendonly', 'recvonly'],
    ['recvonly', 'sendonly'],
    ['inactive', 'inactive'],
    ['sendrecv', 'sendrecv'],
  ])('answers %s with %s, on either level', (theirs, ours) => {
    expect(selected('m=audio 4000 RTP/AVP 0', `a=${theirs}`)).toMatchObject({ direction: ours })
    expect(selected(`a=${theirs}`, 'm=audio 4000 RTP/AVP 0')).toMatchObject({ direction: ours })
  })

  it('takes the address zero for hold', () => {
    const held = selected('m=audio 4000 RTP/AVP 0', 'c=IN IP4 0.0.0.0')
    expect(held).toMatchObject({ direction: 'recvonly', remoteAddress: '0.0.0.0' })
  })

  it('keeps each stream in its place and rejects all but one', () => {
    const text = answer(
      ...['m=video 5000 RTP/AVP 31', 'm=audio 0 RTP/AVP 0', 'm=audio 4002 RTP/SAVP 0'],
      ...['m=audio 4000 RTP/AVP 0', 'm=audio 4004 RTP/AVP 0'],
    )
    expect(text.match(/m=.*/g)).toEqual([
      ...['m=video 0 RTP/AVP 31', 'm=audio 0 RTP/AVP 0', 'm=audio 0 RTP/SAVP 0'],
      ...['m=audio 20000 RTP/AVP 0', 'm=audio 0 RTP/AVP 0'],
    ])
  })

  it.each([
    [['m=video 1 RTP/AVP 31'], 'noAudio'],
    [['m=audio 1 RTP/SAVP 0'], 'noAudio'],
    [['m=audio 0 RTP/AVP 0'], 'noAudio'],
    [['m=audio 1 RTP/AVP 18'], 'noCodec'],
  ])('refuses %j', (lines, problem) => expect(selected(...lines)).toBe(problem))

  it.each([
    [['a=ptime:30'], 30],
    [['a=ptime:25'], 20],
    [['a=ptime:40', 'a=maxptime:20'], 20],
    [['a=ptime:200'], 60],
    [['a=maxptime:10'], 10],
    [['a=ptime:5'], 10],
  ])('with %j sends packets of %d ms', (lines, ptimeMs) =>
    expect(selected('m=audio 4000 RTP/AVP 0', ...lines)).toMatchObject({ ptimeMs }),
  )

  it.each([
    ['0-15', 97],
    ['0-15,16', 97],
    ['events=0-15', 97],
    ['0,1,2,3,4,5,6,7,8,9', 97],
    ['16', undefined],
  ])('reads the events %s', (events, type) => {
    const lines = [
      'm=audio 4000 RTP/AVP 0 97',
      'a=rtpmap:97 telephone-event/8000',
      `a=fmtp:97 ${events}`,
    ]
    expect(selected(...lines)).toMatchObject({ telephoneEventPayloadType: type })
  })

  it('takes the address of the stream before that of the session, IPv6 too', () => {
    expect(selected('m=audio 4000 RTP/AVP 0', 'c=IN IP6 2001:db8::5')).toMatchObject({
      remoteAddress: '2001:db8::5',
    })
    const ipv6 = { ...capabilities, address: '2001:db8::9' }
    expect(writeSdp(createOffer(ipv6))).toContain('c=IN IP6 2001:db8::9\r\n')
  })
})

describe('attributes that we do not use', () => {
  const browser = [
    'a=group:BUNDLE 0',
    'm=audio 9 RTP/AVP 0',
    'a=mid:0',
    'a=ice-ufrag:abcd',
    'a=candidate:1 1 udp 2122260223 192.0.2.1 40000 typ host',
    'a=end-of-candidates',
  ]

  it('are kept as they were, for the session and for each stream', () => {
    const session = parsed(...browser)
    expect(session.attributes).toEqual([{ name: 'group', value: 'BUNDLE 0' }])
    expect(session.media[0]?.attributes).toEqual([
      { name: 'mid', value: '0' },
      { name: 'ice-ufrag', value: 'abcd' },
      { name: 'candidate', value: '1 1 udp 2122260223 192.0.2.1 40000 typ host' },
      { name: 'end-of-candidates', value: undefined },
    ])
    for (const line of browser) expect(writeSdp(session)).toContain(`${line}\r\n`)
  })

  it('but for the names of the streams are not answered', () => {
    const text = answer(...browser, 'm=video 9 RTP/AVP 96', 'a=mid:1', 'a=rtcp-fb:96 nack')
    expect(text).toMatch(/m=audio 20000 [\s\S]*a=mid:0\r\nm=video 0 [\s\S]*a=mid:1\r\n$/)
    expect(text).not.toMatch(/group|ice|candidate|rtcp-fb/)
  })

  it('are bounded', () => {
    const session = parsed('m=audio 9 RTP/AVP 0', ...Array(200).fill('a=x:y'), 'a=b d:e')
    expect(session.media[0]?.attributes).toHaveLength(128)
  })
})

describe('a later offer of ours (RFC 3264 §8)', () => {
  it('keeps the streams of the session in their places', () => {
    const result = negotiate(
      parsed('m=video 4000 RTP/AVP 31', 'm=audio 4002 RTP/AVP 0', 'a=mid:sound'),
      capabilities,
    )
    if (!result.ok) throw new Error(result.problem)
    const text = writeSdp(createOffer(capabilities, result.value.answer))
    expect(text).toMatch(/m=video 0 RTP\/AVP 31\r\nm=audio 20000 RTP\/AVP 0 8 101\r\n/)
    expect(text).toContain('a=mid:sound\r\n')
  })

  it('gives no payload type another meaning (§8.3.2)', () => {
    const types = new PayloadTypes()
    types.note(
      parsed(
        'm=audio 4000 RTP/AVP 111 96 101',
        'a=rtpmap:111 opus/48000/2',
        'a=rtpmap:96 iLBC/8000',
        'a=rtpmap:101 telephone-event/48000',
      ),
    )
    const opus = { name: 'opus', clockRateHz: 48000, payloadType: 96 } as const
    const wide = { name: 'L16', clockRateHz: 16000, payloadType: 96 } as const
    const pcmu = { name: 'PCMU', clockRateHz: 8000, payloadType: 0 } as const
    const { codecs, events } = types.numbered(
      [opus, wide, pcmu],
      [{ payloadType: 101, clockRateHz: 8000 }],
    )
    expect(codecs.map(({ payloadType }) => payloadType)).toEqual([111, 97, 0])
    expect(events).toEqual([{ payloadType: 102, clockRateHz: 8000 }])
  })
})

describe('an offer of ours', () => {
  const offer = createOffer(capabilities)

  it('is read back as it was written', () => {
    expect(parseSdp(writeSdp(offer))).toEqual({ ok: true, value: offer })
  })

  it('and its answer lead both ends to the same', () => {
    const other = {
      ...capabilities,
      address: '192.0.2.1',
      port: 4000,
      codecs: capabilities.codecs.slice(1),
    }
    const negotiated = negotiate(offer, other)
    if (!negotiated.ok) throw new Error(negotiated.problem)
    expect(acceptAnswer(offer, negotiated.value.answer)).toEqual({
      ok: true,
      value: {
        remoteAddress: '192.0.2.1',
        remotePort: 4000,
        codec: 'PCMA',
        clockRateHz: 8000,
        payloadType: 8,
        telephoneEventPayloadType: 101,
        telephoneEventClockRateHz: 8000,
        ptimeMs: 20,
        fec: false,
        dtx: false,
        rtcpMux: true,
        srtp: undefined,
        direction: 'sendrecv',
      },
    })
  })

  it.each([
    [['m=audio 0 RTP/AVP 0'], 'rejected'],
    [['m=audio 1 RTP/AVP 18'], 'noCodec'],
    [['m=video 1 RTP/AVP 31'], 'noAudio'],
    [[], 'noAudio'],
  ])('does not accept %j', (lines, problem) =>
    expect(acceptAnswer(offer, parsed(...lines))).toEqual({ ok: false, problem }),
  )
})
