import { describe, expect, it } from 'vitest'
import { computeHa1, computeResponse } from '../base/digest.js'
import { SeededIds } from '../base/ids.js'
import { answerChallenge, equalText, parseDigest } from './digest.js'
import { NonceMint } from './digest-nonce.js'

describe('digest', () => {
  it('computes the example of RFC 2617 §3.5', () => {
    const ha1 = computeHa1('MD5', 'Mufasa', 'testrealm@host.com', 'Circle Of Life')
    const response = computeResponse({
      algorithm: 'MD5',
      ha1,
      method: 'GET',
      uri: '/dir/index.html',
      nonce: 'dcd98b7102dd2f0e8b11d0f600bfb0c093',
      qop: { nonceCount: '00000001', cnonce: '0a4f113b' },
    })
    expect(response).toBe('6629fae49393a05397450978507c4ef1')
  })

  it.each([
    ['MD5', '8ca523f5e9506fed4657c9700eebdbec'],
    ['SHA-256', '753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1'],
  ] as const)('computes the example of RFC 7616 §3.9.1, %s', (algorithm, expected) => {
    const nonce = '7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v'
    const ha1 = computeHa1(algorithm, 'Mufasa', 'http-auth@example.org', 'Circle of Life')
    const cnonce = 'f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ'
    const qop = { nonceCount: '00000001', cnonce }
    const uri = '/dir/index.html'
    expect(computeResponse({ algorithm, ha1, method: 'GET', uri, nonce, qop })).toBe(expected)
  })

  it('answers a challenge with its own words', () => {
    const challenge = parseDigest(
      'Digest realm="a \\"b\\"", nonce="n", qop="auth,auth-int", opaque="o"',
    )
    const credentials = { username: 'bob', password: 'p' }
    const request = { method: 'INVITE', uri: 'sip:x' }
    const value = challenge && answerChallenge(challenge, credentials, request, 'c')
    const answer = parseDigest(value ?? '')
    expect(Object.fromEntries(answer ?? [])).toMatchObject({
      username: 'bob',
      realm: 'a "b"',
      nonce: 'n',
      qop: 'auth',
      nc: '00000001',
      opaque: 'o',
      algorithm: 'MD5',
    })
    const old = parseDigest('Digest realm="r", nonce="n"')
    expect(old && answerChallenge(old, credentials, request, 'c')).not.toContain('qop')
  })

  it('refuses other schemes, doubled and broken parameters', () => {
    expect(parseDigest('Basic abc')).toBeUndefined()
    expect(parseDigest('Digest realm="a", realm="b"')).toBeUndefined()
    expect(parseDigest('Digest realm="a')).toBeUndefined()
  })

  it('compares text', () => {
    expect(equalText('abc', 'abc')).toBe(true)
    expect(equalText('abc', 'abd')).toBe(false)
    expect(equalText('abc', 'abcd')).toBe(false)
  })
})

describe('NonceMint', () => {
  it('knows its own nonces, for a while', () => {
    const mint = new NonceMint(new SeededIds(1))
    const nonce = mint.make(1000)
    expect(mint.check(nonce, 2000)).toBe('fresh')
    expect(mint.check(nonce, 1_000_000)).toBe('stale')
    expect(mint.check(`${nonce}0`, 2000)).toBe('forged')
    expect(mint.check('', 2000)).toBe('forged')
    expect(new NonceMint(new SeededIds(2)).check(nonce, 2000)).toBe('forged')
  })

  it('takes each count once, in rising order', () => {
    const mint = new NonceMint(new SeededIds(1))
    const nonce = mint.make(0)
    expect([1, 1, 2, 5, 4, 6].map((count) => mint.use(nonce, count))).toEqual([
      true,
      false,
      true,
      true,
      false,
      true,
    ])
  })

  it('forgets old nonces only by making them stale', () => {
    const mint = new NonceMint(new SeededIds(1))
    const first = mint.make(0)
    mint.use(first, 1)
    for (let index = 0; index < 10_000; index++) mint.use(mint.make(10), 1)
    expect(mint.check(first, 20)).toBe('stale')
    expect(mint.check(mint.make(10), 20)).toBe('fresh')
  })
})
