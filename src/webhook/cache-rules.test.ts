import { describe, expect, test } from 'vitest'
import { cacheRules, conditionOf } from './cache-rules.js'
import { DocumentCache } from './document-cache.js'

describe('what an answer allows', () => {
  test.each([
    [{}, { isUncacheable: false, freshMs: 0, validator: undefined }],
    [{ etag: '"a"', 'last-modified': 'x' }, { validator: '"a"' }],
    [{ 'last-modified': 'x' }, { validator: 'x' }],
    [{ 'cache-control': 'public, Max-Age=60' }, { freshMs: 60_000 }],
    [{ 'cache-control': 'max-age=60', age: '45' }, { freshMs: 15_000 }],
    [{ 'cache-control': 'max-age=60', age: '99' }, { freshMs: 0 }],
    [{ 'cache-control': 'max-age=soon' }, { freshMs: 0 }],
    [{ 'cache-control': 'max-age=60, no-cache' }, { freshMs: 0, isUncacheable: false }],
    [{ 'cache-control': ['max-age=60', 'no-store'] }, { isUncacheable: true }],
    [{ 'cache-control': 'private, max-age=60' }, { isPrivate: true, freshMs: 60_000 }],
    [{ 'cache-control': 'max-age=60', vary: 'Accept-Encoding, Origin' }, { isUncacheable: false }],
    [{ 'cache-control': 'max-age=60', vary: 'Cookie' }, { isUncacheable: true }],
    [{ 'cache-control': 'max-age=60', vary: '*' }, { isUncacheable: true }],
    [{ 'cache-control': 'max-age=60', 'set-cookie': 'a=1' }, { isUncacheable: true }],
    [
      { date: 'Tue, 15 Nov 1994 08:12:31 GMT', expires: 'Tue, 15 Nov 1994 08:13:31 GMT' },
      { freshMs: 60_000 },
    ],
    [{ date: 'Tue, 15 Nov 1994 08:12:31 GMT', expires: '0' }, { freshMs: 0 }],
  ])('%j', (headers, rules) => {
    expect(cacheRules(headers)).toMatchObject(rules)
  })

  test('a validator is asked for by its own header', () => {
    expect(conditionOf('W/"a"')).toEqual({ 'if-none-match': 'W/"a"' })
    const date = 'Tue, 15 Nov 1994 12:45:26 GMT'
    expect(conditionOf(date)).toEqual({ 'if-modified-since': date })
  })
})

describe('the cache of documents', () => {
  const owner = { accountSid: 'AC1', callSid: 'CA1' }
  const rules = { isUncacheable: false, isPrivate: false, freshMs: 1_000, validator: undefined }
  const response = (body: string) => ({
    url: 'http://h/',
    status: 200,
    contentType: 'text/xml',
    validator: undefined,
    maxAgeMs: 1_000,
    body: Buffer.from(body),
  })

  test('belongs to one account, and what is private to one call', () => {
    const cache = new DocumentCache(100_000)
    cache.put(owner, 'u', response('one'), rules, 0)
    expect(cache.find({ accountSid: 'AC1', callSid: 'CA2' }, 'u')?.freshUntilMs).toBe(1_000)
    expect(cache.find({ accountSid: 'AC2', callSid: 'CA1' }, 'u')).toBeUndefined()
    cache.put(owner, 'u', response('two'), { ...rules, isPrivate: true }, 0)
    expect(cache.find(owner, 'u')?.response.body.toString()).toBe('two')
    expect(cache.find({ accountSid: 'AC1', callSid: 'CA2' }, 'u')).toBeUndefined()
    cache.put(
      { ...owner, callSid: undefined },
      'v',
      response('x'),
      { ...rules, isPrivate: true },
      0,
    )
    expect(cache.find({ ...owner, callSid: undefined }, 'v')).toBeUndefined()
  })

  test('holds no more than its bytes; the least recently used goes first', () => {
    const cache = new DocumentCache(4_000)
    for (const url of ['a', 'b', 'c']) cache.put(owner, url, response('x'.repeat(500)), rules, 0)
    cache.find(owner, 'a')
    cache.put(owner, 'd', response('x'.repeat(500)), rules, 0)
    const kept = ['a', 'b', 'c', 'd'].filter((url) => cache.find(owner, url))
    expect(kept).toEqual(['a', 'c', 'd'])
    cache.put(owner, 'a', response('y'), { ...rules, isUncacheable: true }, 0)
    expect(cache.find(owner, 'a')).toBeUndefined()
    cache.put(owner, 'large', response('x'.repeat(5_000)), rules, 0)
    expect(cache.find(owner, 'large')).toBeUndefined()
  })
})
