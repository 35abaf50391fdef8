import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseChallenges } from './challenge.js'
import { DigestAuth } from './digest-auth.js'

const plain = (headers: string[]) =>
  parseChallenges(headers).map(({ scheme, params }) => [scheme, Object.fromEntries(params)])

describe('WWW-Authenticate', () => {
  test.each([
    ['Basic realm="a, b"', [['basic', { realm: 'a, b' }]]],
    [
      'Negotiate, Digest realm="x", nonce=abc, qop="auth,auth-int"',
      [
        ['negotiate', {}],
        ['digest', { realm: 'x', nonce: 'abc', qop: 'auth,auth-int' }],
      ],
    ],
    [
      'NTLM TlRMTVNTUAAC==, BASIC Realm = "q\\"q"',
      [
        ['ntlm', {}],
        ['basic', { realm: 'q"q' }],
      ],
    ],
    ['Digest realm="never ends', [['digest', { realm: '' }]]],
    ['=;=', []],
  ])('%s', (header, challenges) => {
    expect(plain([header])).toEqual(challenges)
  })

  test('never throws, and takes no long time', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ maxLength: 200 })), (headers) => {
        expect(parseChallenges(headers).length).toBeLessThanOrEqual(16)
      }),
    )
    expect(parseChallenges([`Digest ${'a="\\"'.repeat(2_000)}`])).toBeInstanceOf(Array)
    expect(parseChallenges(['a, '.repeat(2_000)])).toHaveLength(16)
  })
})

describe('Digest', () => {
  // RFC 7616 §3.9.1.
  const challenge =
    'realm="http-auth@example.org", qop="auth, auth-int", nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"'
  const request = {
    callSid: 'CA1',
    method: 'GET',
    url: new URL('http://www.example.org/dir/index.html'),
    credentials: { username: 'Mufasa', password: 'Circle of Life' },
  }
  const cnonce = 'f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ'
  const auth = () => new DigestAuth(() => cnonce)

  test.each([
    ['MD5', '8ca523f5e9506fed4657c9700eebdbec'],
    ['SHA-256', '753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1'],
  ])('%s gives the response of RFC 7616', (algorithm, response) => {
    const answer = auth().answer([`Digest ${challenge}, algorithm=${algorithm}`], request)
    expect(answer).toContain(`response="${response}"`)
    expect(answer).toContain('nc=00000001')
    expect(answer).toContain('opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"')
  })

  test('the best algorithm of those that are offered is answered', () => {
    const offered = ['MD5', 'SHA-512-256', 'SHA-256'].map(
      (one) => `Digest ${challenge}, algorithm=${one}`,
    )
    expect(auth().answer(offered, request)).toContain('algorithm=SHA-256')
    expect(auth().answer([`Digest ${challenge}, algorithm=SHA-512-256`], request)).toBeUndefined()
    expect(auth().answer(['Basic realm="x"'], request)).toBeUndefined()
  })

  test('a nonce is used again, counted, for the same call, host and user only', () => {
    const digest = auth()
    digest.answer([`Digest ${challenge}`], request)
    expect(digest.again(request)).toContain('nc=00000002')
    expect(digest.again(request)).toContain('nc=00000003')
    expect(digest.again({ ...request, callSid: 'CA2' })).toBeUndefined()
    expect(digest.again({ ...request, callSid: undefined })).toBeUndefined()
    expect(digest.again({ ...request, url: new URL('http://other.example/') })).toBeUndefined()
    const other = { username: 'Mufasa', password: 'another' }
    expect(digest.again({ ...request, credentials: other })).toBeUndefined()
    digest.drop('CA1')
    expect(digest.again(request)).toBeUndefined()
  })
})
