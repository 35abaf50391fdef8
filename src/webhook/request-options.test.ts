import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { WebhookRequest } from './client.js'
import { type RequestOptions, withoutWithheld, withState } from './request-options.js'
import { voiceParameters } from './voice-parameters.js'

const none: RequestOptions = { mirrorUrls: [], stateIn: [], withhold: [] }

function request(
  parameters: WebhookRequest['parameters'],
  method: WebhookRequest['method'] = 'POST',
  url = 'https://user:word@app.example/voice?x=1#rc=2',
): WebhookRequest {
  const { accountSid, callSid, authToken, idempotencyToken } = {
    ...{ accountSid: 'AC1', callSid: 'CA1', authToken: 'secret', idempotencyToken: 't' },
  }
  return { url, method, parameters, accountSid, callSid, authToken, idempotencyToken }
}

function headersOf(parameters: WebhookRequest['parameters']) {
  return withState(request(parameters), { ...none, stateIn: ['headers'] }).headers ?? {}
}

describe('state in header fields', () => {
  it('has a field for each parameter', () => {
    expect(
      headersOf([
        ['CallSid', 'CA1'],
        ['From', '+14155550100'],
      ]),
    ).toEqual({
      'X-CallRouter-CallSid': 'CA1',
      'X-CallRouter-From': '+14155550100',
    })
  })

  it('escapes what a field may not hold, so that it can be read back', () => {
    expect(
      headersOf([
        ['A', 'x\r\nEvil: 1'],
        ['B', ' Zürich 100% '],
        ['C d:', 'plain text'],
      ]),
    ).toEqual({
      'X-CallRouter-A': 'x%0D%0AEvil: 1',
      'X-CallRouter-B': '%20Z%C3%BCrich 100%25%20',
      'X-CallRouter-C%20d%3A': 'plain text',
    })
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 200 }), (text) => {
        const value = headersOf([['A', text]])['X-CallRouter-A'] ?? ''
        expect(value).toMatch(/^[\x20-\x7e]*$/)
        expect(decodeURIComponent(value)).toBe(text)
      }),
    )
  })

  it('joins the values of a name, whatever its case', () => {
    expect(
      headersOf([
        ['A', '1'],
        ['a', '2'],
      ]),
    ).toEqual({ 'X-CallRouter-A': '1, 2' })
  })

  it('leaves out what is too much, and says so', () => {
    const headers = headersOf([
      ['First', 'x'.repeat(7_000)],
      ['Second', 'y'.repeat(2_000)],
      ['Third', 'z'],
    ])
    expect(Object.keys(headers)).toEqual([
      'X-CallRouter-First',
      'X-CallRouter-Third',
      'X-CallRouter-Truncated',
    ])
    const many = headersOf(Array.from({ length: 1_000 }, (_, index) => [`P${index}`, 'value']))
    const bytes = Object.entries(many).reduce((sum, pair) => sum + pair.join(': \r\n').length, 0)
    expect(bytes).toBeLessThan(8_100)
    expect(many['X-CallRouter-Truncated']).toBe('1')
  })
})

describe('state in the query', () => {
  const options: RequestOptions = { ...none, stateIn: ['query'] }

  it('comes after what is there, and leaves the rest of the URL as it is', () => {
    const { url, parameters, headers } = withState(
      request([
        ['A', 'b c'],
        ['D', '&'],
      ]),
      options,
    )
    expect(url).toBe('https://user:word@app.example/voice?x=1&A=b+c&D=%26#rc=2')
    expect(parameters).toEqual([
      ['A', 'b c'],
      ['D', '&'],
    ])
    expect(headers).toEqual({})
  })

  it('changes nothing of a GET, which has it there already', () => {
    expect(withState(request([['A', 'b']], 'GET'), options).url).toBe(request([]).url)
  })

  it('has a limit', () => {
    const { url, headers } = withState(
      request([
        ['Long', 'x'.repeat(5_000)],
        ['Short', 'y'],
      ]),
      options,
    )
    expect(new URL(url).search).toBe('?x=1&Short=y')
    expect(headers).toEqual({ 'X-CallRouter-Truncated': '1' })
  })

  it('leaves a URL that is none to the client', () => {
    const bad = request([['A', 'b']], 'POST', 'nowhere')
    expect(withState(bad, options).url).toBe('nowhere')
  })
})

describe('what is withheld', () => {
  const call = voiceParameters({
    ...{ sid: 'CA1', accountSid: 'AC1', from: '+14155550100', to: '+442079460000' },
    ...{ status: 'ringing', direction: 'inbound', forwardedFrom: '+14155550101' },
    ...{ callerName: 'ALICE', sipCallId: 'x', sipSourceIp: '192.0.2.1' },
  })
  const names = (withhold: RequestOptions['withhold']) =>
    withoutWithheld(call, { ...none, withhold }).map(([name]) => name)

  it('is nothing without options', () => {
    expect(withoutWithheld(call, undefined)).toBe(call)
    expect(withoutWithheld(call, none)).toBe(call)
  })

  it('is everything that names who calls', () => {
    const left = withoutWithheld(call, { ...none, withhold: ['From'] })
    expect(JSON.stringify(left)).not.toMatch(/14155550100|14155550101|ALICE|192\.0\.2\.1/)
    expect(names(['From'])).toEqual(expect.arrayContaining(['CallSid', 'To', 'FromCountry']))
  })

  it('is where the two are', () => {
    expect(names(['Geo']).join()).not.toMatch(/City|State|Zip|Country/)
    expect(names(['Geo'])).toEqual(expect.arrayContaining(['From', 'To', 'Caller', 'CallStatus']))
    expect(names(['From', 'Geo'])).not.toContain('From')
  })
})
