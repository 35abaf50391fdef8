import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { WebhookRequest } from '../../src/webhook/client.js'
import { openStage, type Stage } from './stage.js'

let stage: Stage
let nowMs = 0
beforeEach(async () => {
  nowMs = 0
  stage = await openStage({ nowMs: () => nowMs })
})
afterEach(() => stage.close())

const get = { method: 'GET', parameters: [] } satisfies Partial<WebhookRequest>

/** Numbers its answers; asked whether one still holds it says so. */
function answerWith(headers: { readonly [name: string]: string }): void {
  stage.respond = (request, response) => {
    const asked = request.headers['if-none-match'] ?? request.headers['if-modified-since']
    const holds = asked !== undefined && asked === (headers.ETag ?? headers['Last-Modified'])
    response.writeHead(holds ? 304 : 200, { 'Content-Type': 'text/xml', ...headers })
    response.end(holds ? undefined : `answer ${stage.seen.length}`)
  }
}

const textOf = async (change: Partial<WebhookRequest> = get, path = '/a') =>
  (await stage.ask(path, change)).body.toString()

describe('documents', () => {
  test('are asked for again when max-age is over', async () => {
    answerWith({ 'Cache-Control': 'max-age=60' })
    expect([await textOf(), await textOf()]).toEqual(['answer 1', 'answer 1'])
    expect((await stage.ask('/a', get)).isCached).toBe(true)
    nowMs += 60_001
    expect(await textOf()).toBe('answer 2')
  })

  test.each([{ ETag: '"a"' }, { 'Last-Modified': 'Tue, 15 Nov 1994 12:45:26 GMT' }])(
    'are not sent again while %j holds',
    async (headers) => {
      answerWith(headers)
      expect([await textOf(), await textOf(), await textOf()]).toEqual(Array(3).fill('answer 1'))
      expect(stage.seen).toHaveLength(3)
      const { status, contentType, isCached } = await stage.ask('/a', get)
      expect({ status, contentType, isCached }).toEqual({
        status: 200,
        contentType: 'text/xml',
        isCached: true,
      })
    },
  )

  test('a 304 makes what is kept fresh again', async () => {
    answerWith({ ETag: '"a"', 'Cache-Control': 'max-age=60' })
    for (const pauseMs of [0, 61_000, 1_000]) {
      nowMs += pauseMs
      expect(await textOf()).toBe('answer 1')
    }
    expect(stage.seen).toHaveLength(2)
  })

  test.each([
    ['no-store', { 'Cache-Control': 'no-store', ETag: '"a"' }, get],
    ['a POST', { 'Cache-Control': 'max-age=60', ETag: '"a"' }, { parameters: [] }],
    ['with a cookie', { 'Cache-Control': 'max-age=60', 'Set-Cookie': 'a=1' }, get],
    ['without a word', {}, get],
  ])('%s: never kept', async (_what, headers, change) => {
    answerWith(headers as { [name: string]: string })
    expect(await textOf(change as Partial<WebhookRequest>)).toBe('answer 1')
    expect(await textOf(change as Partial<WebhookRequest>)).toBe('answer 2')
    expect(stage.seen[1]?.headers['if-none-match']).toBeUndefined()
  })

  test('are shared between calls only of one account, and not when they are private', async () => {
    answerWith({ 'Cache-Control': 'max-age=60' })
    expect(await textOf()).toBe('answer 1')
    expect(await textOf({ ...get, callSid: 'CA2' })).toBe('answer 1')
    expect(await textOf({ ...get, accountSid: 'AC2' })).toBe('answer 2')
    answerWith({ 'Cache-Control': 'max-age=60, private' })
    expect(await textOf(get, '/p')).toBe('answer 3')
    expect(await textOf(get, '/p')).toBe('answer 3')
    expect(await textOf({ ...get, callSid: 'CA2' }, '/p')).toBe('answer 4')
  })

  test('that a password opened are not for who has none', async () => {
    answerWith({ 'Cache-Control': 'max-age=60' })
    const withUser = stage.base.replace('//', '//me:secret@')
    expect(await textOf(get, `${withUser}/a`)).toBe('answer 1')
    expect(await textOf(get, `${withUser}/a`)).toBe('answer 1')
    expect(await textOf(get)).toBe('answer 2')
  })

  test('differ by the parameters of their calls', async () => {
    answerWith({ 'Cache-Control': 'max-age=60' })
    expect(await textOf({ method: 'GET' })).toBe('answer 1')
    expect(await textOf({ method: 'GET', parameters: [['CallSid', 'CA2']] })).toBe('answer 2')
  })
})

describe('sounds', () => {
  const sound = { ...get, wants: 'sound' } satisfies Partial<WebhookRequest>

  test('tell their keeper what may be kept', async () => {
    answerWith({ ETag: '"a"', 'Cache-Control': 'max-age=60' })
    expect(await stage.ask('/a', sound)).toMatchObject({ validator: '"a"', maxAgeMs: 60_000 })
    expect((await stage.ask('/a', { ...sound, validator: '"a"' })).status).toBe(304)
    answerWith({ 'Last-Modified': 'Tue, 15 Nov 1994 12:45:26 GMT' })
    const { validator = '' } = await stage.ask('/b', sound)
    expect((await stage.ask('/b', { ...sound, validator })).status).toBe(304)
  })

  test.each(['private', 'no-store'])('%s: nothing', async (word) => {
    answerWith({ ETag: '"a"', 'Cache-Control': `max-age=60, ${word}` })
    expect(await stage.ask('/a', sound)).toMatchObject({ validator: undefined, maxAgeMs: 0 })
  })
})
