import { createHmac } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import fc from 'fast-check'
import twilio from 'twilio'
import { describe, expect, it } from 'vitest'
import { isSignature, type Parameters, signature, signedUrl } from './signature.js'

interface Vector {
  name: string
  token: string
  url: string
  params: Record<string, string | string[]>
  expected: string
}

const vectorsFile = new URL('../../../shared/contract/signature_vectors.json', import.meta.url)
const haveVectors = existsSync(vectorsFile)

function pairs(params: Vector['params']): Parameters {
  return Object.entries(params).flatMap(([name, value]) =>
    [value].flat().map((one): [string, string] => [name, one]),
  )
}

describe('signature', () => {
  if (!haveVectors)
    // The vectors belong to the contract, which may stand beside this repository and is no part of it.
    it.skip('contract/signature_vectors.json is not beside this repository', () => {})
  else {
    const vectors = JSON.parse(readFileSync(vectorsFile, 'utf8')) as Vector[]
    it.each(vectors)('$name', ({ token, url, params, expected }) => {
      expect(signature(token, url, pairs(params ?? {}))).toBe(expected)
      expect(isSignature(expected, token, url, pairs(params ?? {}))).toBe(true)
      expect(isSignature(`${expected}x`, token, url, pairs(params ?? {}))).toBe(false)
    })
  }

  it('is accepted by the official validator for any parameters', () => {
    const name = fc.stringMatching(/^[A-Za-z][A-Za-z0-9_]{0,12}$/)
    fc.assert(
      fc.property(fc.dictionary(name, fc.string({ unit: 'grapheme' })), (params) => {
        const url = 'https://example.com/answer?x=1'
        const signed = signature('token', signedUrl(url), Object.entries(params))
        expect(twilio.validateRequest('token', signed, url, params)).toBe(true)
      }),
    )
  })
})

describe('the order of names', () => {
  it('is that of bytes, also above the surrogates', () => {
    const sign = (names: readonly string[]) =>
      signature(
        'token',
        'https://h/',
        names.map((name): [string, string] => [name, '']),
      )
    // U+FF01 is three bytes and comes before the four of U+1F600, whose first unit is 0xD83D.
    const data = 'https://h/\uff01\u{1f600}'
    const expected = createHmac('sha1', 'token').update(data).digest('base64')
    expect(sign(['\u{1f600}', '\uff01'])).toBe(expected)
  })
})

describe('signedUrl', () => {
  it.each([
    ['https://user:pass@h.example:8443/a?b=c#frag', 'https://h.example/a?b=c'],
    ['http://h.example:8080/a', 'http://h.example:8080/a'],
    ['https://h.example', 'https://h.example/'],
    ["https://h.example/?q=It's", 'https://h.example/?q=It%27s'],
  ])('%s is signed as %s', (url, expected) => {
    expect(signedUrl(url)).toBe(expected)
  })
})
