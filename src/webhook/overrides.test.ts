import { describe, expect, test } from 'vitest'
import { normalSettings, parseOverrides } from './overrides.js'

const at = (fragment: string) => parseOverrides(`https://h.example/a?rc=5${fragment}`)

describe('the fragment of a URL', () => {
  test.each([
    ['', {}],
    ['#ct=100', { connectTimeoutMs: 100 }],
    ['#ct=10000&rt=100&tt=15000', { connectTimeoutMs: 10_000, readTimeoutMs: 100 }],
    ['#rt=15000&tt=100', { totalTimeoutMs: 100 }],
    ['#rc=0', { retriesMax: 0 }],
    ['#rc=5&rp=all', { retriesMax: 5, retryOn: new Set(['4xx', '5xx', 'ct', 'rt']) }],
    ['#rp=4xx,5xx', { retryOn: new Set(['4xx', '5xx']) }],
    ['#rp=rt,CT', { retryOn: new Set(['rt', 'ct']) }],
    ['#e=roaming&sni=n', { hasSni: false }],
    ['#sni=y', {}],
    ['#section-2', {}],
    ['#page=3&__proto__=1&toString=2', {}],
  ])('%s', (fragment, change) => {
    expect(at(fragment)).toEqual({ ok: true, value: { ...normalSettings, ...change } })
  })

  test.each([
    ['#ct=99', 11100],
    ['#ct=10001', 11100],
    ['#rt=15001', 11100],
    ['#tt=99', 11100],
    ['#tt=1e3', 11100],
    ['#rc=6', 11100],
    ['#rc=-1', 11100],
    ['#rc=', 11100],
    ['#rp=', 11100],
    ['#rp=ct,often', 11100],
    ['#rp=constructor', 11100],
    ['#sni=maybe', 11100],
    ['#e=nowhere', 11241],
    ['#e=roaming,ashburn', 11241],
  ])('%s is an error', (fragment, errorCode) => {
    expect(at(fragment)).toMatchObject({ ok: false, problem: { errorCode } })
  })
})
