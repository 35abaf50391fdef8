import { describe, expect, test } from 'vitest'
import { VirtualClock } from '../base/clock.js'
import { SeededIds } from '../base/ids.js'
import { withoutUserInfo } from '../base/user-info.js'
import { CallEventLog, type LoggedExchange } from './call-event-log.js'
import { withoutPasswords } from './event-secrets.js'

const call = { sid: 'CA1' }
const exchange: LoggedExchange = {
  method: 'POST',
  url: 'https://me:secret@h.example/a?b=c',
  parameters: [['ErrorUrl', 'http://u:p@h.example/']],
  status: 200,
  contentType: 'text/xml',
  body: Buffer.from('<Response><Dial><Sip password="pw">sip:a@b</Sip></Dial></Response>'),
  durationMs: 12.3,
  redirects: 0,
  tries: 1,
  isCached: false,
  error: undefined,
  isDocument: true,
}

function makeLog() {
  const clock = new VirtualClock(1_000)
  const batches: { readonly sql: string; readonly parameters: readonly unknown[] }[][] = []
  const store = {
    read: async () => [],
    write: async (batch: (typeof batches)[number]) => void batches.push([...batch]),
    close: async () => {},
  }
  const failures: unknown[] = []
  const log = new CallEventLog(store as never, clock, new SeededIds(1), (error) =>
    failures.push(error),
  )
  return { clock, batches, log, failures }
}

describe('the event log', () => {
  test('writes what came within 200 ms together', async () => {
    const { clock, batches, log } = makeLog()
    for (let event = 0; event < 10; event++) log.exchange(call, exchange)
    await clock.advance(199)
    expect(batches).toEqual([])
    await clock.advance(1)
    expect(batches.map((batch) => batch.length)).toEqual([10])
    const sids = (batches[0] ?? []).map(({ parameters }) => String(parameters[0]))
    expect(sids).toEqual([...sids].sort())
    expect(sids.every((sid) => /^EV[0-9a-f]{32}$/.test(sid))).toBe(true)
    log.exchange(call, exchange)
    await log.close()
    expect(batches.map((batch) => batch.length)).toEqual([10, 1])
  })

  test('holds no secrets', async () => {
    const { batches, log } = makeLog()
    log.exchange(call, exchange)
    await log.close()
    const written = JSON.stringify(batches)
    expect(written).toContain('https://h.example/a?b=c')
    expect(written).toContain('sip:a@b')
    for (const secret of ['secret', 'u:p', 'pw']) expect(written).not.toContain(secret)
  })

  test('keeps the beginning of a text, and nothing of a sound', async () => {
    const { batches, log } = makeLog()
    log.exchange(call, { ...exchange, body: Buffer.alloc(10_000, 'x') })
    log.exchange(call, { ...exchange, contentType: 'audio/wav' })
    await log.close()
    const bodies = (batches[0] ?? []).map(
      ({ parameters }) => JSON.parse(String(parameters[2])).body,
    )
    expect(bodies).toEqual(['x'.repeat(4_096), null])
  })

  test('trims a call that has more than 200 events', async () => {
    const { batches, log } = makeLog()
    for (let event = 0; event < 201; event++) log.exchange(call, exchange)
    log.exchange({ sid: 'CA2' }, exchange)
    await log.close()
    const trims = (batches[0] ?? []).filter(({ sql }) => sql.startsWith('delete'))
    expect(trims.map(({ parameters }) => parameters)).toEqual([['CA1', 'CA1', 200]])
  })

  test('names the request of the document that was at fault', async () => {
    const { batches, log } = makeLog()
    log.exchange(call, exchange)
    log.exchange(call, { ...exchange, url: 'http://h.example/a.wav', isDocument: false })
    log.fault(call, { errorCode: 12200, message: 'line 1: <Foo> is unknown' })
    await log.close()
    const event = JSON.parse(String(batches[0]?.[2]?.parameters[2]))
    expect(event).toMatchObject({ url: 'https://h.example/a?b=c', errorCode: 12200 })
  })
})

describe('secrets in a text', () => {
  test.each([
    ['see https://u:p@h.example/?a=b@c', 'see https://h.example/?a=b@c'],
    ['http://u@h http://h/@x', 'http://h http://h/@x'],
    ['http://a@b@h/', 'http://h/'],
    ['mail me@h.example', 'mail me@h.example'],
  ])('%s', (text, shown) => {
    expect(withoutUserInfo(text)).toBe(shown)
  })

  test.each([
    [`<Sip username="u" password = 'p"q'>`, '<Sip username="u" password = "…">'],
    ['{"password": "p\\"q", "a": 1}', '{"password": "…", "a": 1}'],
    ['<Sip password="cut o', '<Sip password="…"'],
    ['<Say>Your password: none</Say>', '<Say>Your password: none</Say>'],
  ])('%s', (text, shown) => {
    expect(withoutPasswords(text)).toBe(shown)
  })
})
