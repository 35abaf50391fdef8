import { describe, expect, it } from 'vitest'
import { type ProgramState, startAt, startWith } from '../../src/verbs/program-state.js'
import { FakeWorld } from './fake-world.js'

const start = startAt({ url: 'http://app/start', method: 'POST', parameters: [], token: 't0' })

function world(
  pages: Record<string, string>,
  change: (world: FakeWorld) => void = () => {},
): FakeWorld {
  const made = new FakeWorld()
  for (const [name, body] of Object.entries(pages)) made.page(`http://app/${name}`, body)
  change(made)
  return made
}

describe('runProgram', () => {
  it('carries out instructions in order and hangs up at the end', async () => {
    const made = world({ start: '<Say>one</Say><Play>two.mp3</Play><Pause length="2"/>' })
    expect(await made.run(start)).toBe('hangUp')
    expect(made.played).toEqual(['say one', 'play two.mp3'])
    expect(made.effects).toEqual(['POST http://app/start ', 'answer', 'hangUp'])
  })

  it('speaks sentence after sentence, each once', async () => {
    const made = world({ start: '<Say loop="2">One.<break time="1s"/>Two. <p>Three</p></Say>' })
    expect(await made.run(start)).toBe('hangUp')
    const round = ['say One.', 'say Two.', 'say Three']
    expect(made.played).toEqual([...round, ...round])
  })

  it('goes to the current document where no URL is given, and through where none is needed', async () => {
    const made = world(
      { start: '<Gather numDigits="1" timeout="1"/><Redirect>next</Redirect>', next: '<Hangup/>' },
      (made) => {
        made.keys = [{ atMs: 500, digit: '5' }]
      },
    )
    expect(await made.run(start)).toBe('hangUp')
    expect(made.effects).toEqual([
      'POST http://app/start ',
      'answer',
      'POST http://app/start Digits=5',
      'POST http://app/next ',
      'hangUp',
    ])
  })

  it('resolves relative URLs against the document', async () => {
    const made = world({ start: '<Redirect method="GET">sub/a?x=1</Redirect>', 'sub/a?x=1': '' })
    await made.run(start)
    expect(made.effects[1]).toBe('GET http://app/sub/a?x=1 ')
  })

  it.each([
    ['a missing page', '<Redirect>gone</Redirect>', 11200, 'http://app/gone'],
    // Whoever has the fallback URL need not have the passwords of the other.
    ['one with a password', '<Redirect>http://u:p@app/gone</Redirect>', 11200, 'http://app/gone'],
    ['malformed XML', '<Say>', 12100, 'http://app/start'],
    ['an unknown verb', '<Bogus/>', 12200, 'http://app/start'],
  ])('asks the fallback URL once after %s', async (_what, body, code, url) => {
    const made = world({ start: body, fallback: '<Redirect>gone</Redirect>' })
    expect(await made.run(start)).toBe('failed')
    const fallbacks = made.requests.filter((request) => request.url === 'http://app/fallback')
    expect(fallbacks).toHaveLength(1)
    expect(fallbacks[0]?.parameters).toEqual([
      ['ErrorCode', String(code)],
      ['ErrorUrl', url],
    ])
  })

  it('refuses an action-less Gather in a document that has no URL', async () => {
    const made = world({ fallback: '<Hangup/>' }, (made) => {
      made.keys = [{ atMs: 100, digit: '1' }]
    })
    const inline = { contentType: 'text/xml', body: '<Response><Gather numDigits="1"/></Response>' }
    expect(await made.run(startWith(inline))).toBe('hangUp')
    expect(made.failures).toEqual([11100])
  })

  it('requests the action of a Record once more after the caller hung up', async () => {
    const made = world({ start: '<Record action="done"/>', done: '<Say>never</Say>' }, (made) => {
      made.hangUpAtMs = 2_000
    })
    expect(await made.run(start)).toBe('stopped')
    expect(made.requests.at(-1)?.url).toBe('http://app/done')
    expect(Object.fromEntries(made.requests.at(-1)?.parameters ?? [])).toMatchObject({
      Digits: 'hangup',
    })
    expect(made.played).toEqual([])
  })

  it.each([4_300, 4_400, 4_500, 4_700])(
    'ends the action of a Dial though the caller hangs up at %i ms',
    async (hangUpAtMs) => {
      const made = world(
        { start: '<Dial action="done">+15550100</Dial>', done: '<Say>never</Say>' },
        (made) => {
          made.hangUpAtMs = hangUpAtMs
          made.answerMs = 400
        },
      )
      expect(await made.run(start)).toBe('stopped')
      expect(made.answeredUrls).toContain('http://app/done')
      expect(made.played).toEqual([])
    },
  )

  it('does not follow redirects without end faster than four a second', async () => {
    const made = world({ start: '<Redirect/>' }, (made) => {
      made.hangUpAtMs = 10_000
    })
    expect(await made.run(start)).toBe('stopped')
    // The first forty at once.
    expect(made.requests.length).toBeGreaterThanOrEqual(78)
    expect(made.requests.length).toBeLessThanOrEqual(82)
  })

  it('echoes until the caller hangs up, and no instruction follows', async () => {
    const made = world({ start: '<Echo/><Say>never</Say>' }, (made) => {
      made.hangUpAtMs = 2_000
    })
    expect(await made.run(start)).toBe('stopped')
    expect(made.effects).toEqual(['POST http://app/start ', 'answer', 'echo'])
    expect(made.played).toEqual([])
  })

  it.each([
    ['<Dial action="done" paramNames="DialCallStatus=state">+15550100</Dial>', 'state'],
    ['<Enqueue action="done" paramNames="QueueResult=result">support</Enqueue>', 'result'],
  ])('names the parameters of %s as it wants', async (body, name) => {
    const made = world({ start: body, done: '' })
    await made.run(start)
    const names = made.requests.at(-1)?.parameters.map(([one]) => one)
    expect(names).toContain(name)
    expect(names).not.toEqual(expect.arrayContaining(['DialCallStatus']))
    expect(names).not.toEqual(expect.arrayContaining(['QueueResult']))
  })

  it('goes on after an empty recording without an action', async () => {
    const made = world({ start: '<Record action="done"/><Say>nothing</Say>' }, (made) => {
      made.recordMs = 0
    })
    await made.run(start)
    expect(made.played).toEqual(['say nothing'])
    expect(made.requests).toHaveLength(1)
  })
})

describe('Gather', () => {
  const keys = (text: string, atMs = 300) =>
    [...text].map((digit, index) => ({ atMs: atMs + index * 200, digit }))
  const cases: [string, string, ReturnType<typeof keys>, string | undefined][] = [
    ['ends at numDigits', 'numDigits="3"', keys('12345'), '123'],
    ['ends at #', '', keys('12#45'), '12'],
    ['ends after the timeout', 'timeout="2"', keys('12'), '12'],
    ['falls through when # comes first', '', keys('#'), undefined],
    ['falls through without input', 'timeout="1"', [], undefined],
    [
      'takes # and * as data when no key finishes',
      'finishOnKey="" timeout="1"',
      keys('*1#'),
      '*1#',
    ],
    ['sends an empty result when asked to', 'timeout="1" actionOnEmptyResult="true"', [], ''],
  ]
  it.each(cases)('%s', async (_what, attributes, pressed, expected) => {
    const made = world(
      { start: `<Gather action="got" ${attributes}><Say>menu</Say></Gather>`, got: '' },
      (made) => {
        made.keys = pressed
      },
    )
    await made.run(start)
    const got = made.requests.find((request) => request.url === 'http://app/got')
    expect(got && Object.fromEntries(got.parameters).Digits).toBe(expected)
  })

  it('tells which key has finished it', async () => {
    const made = world({ start: '<Gather action="got" finishOnKey="*"/>', got: '' }, (made) => {
      made.keys = keys('12*')
    })
    await made.run(start)
    expect(made.requests.at(-1)?.parameters).toEqual([
      ['Digits', '12'],
      ['FinishedOnKey', '*'],
    ])
  })

  it('names parameters as the document wants', async () => {
    const body = '<Gather action="got" finishOnKey="*" paramNames="Digits=pin FinishedOnKey=key"/>'
    const made = world({ start: body, got: '' }, (made) => {
      made.keys = keys('12*')
    })
    await made.run(start)
    expect(made.requests.at(-1)?.parameters).toEqual([
      ['pin', '12'],
      ['key', '*'],
    ])
  })

  it('hears nothing where only speech is wanted, and plays its prompts to the end', async () => {
    const made = world(
      {
        start:
          '<Gather input="speech" action="got" timeout="2" actionOnEmptyResult="true" bargeIn="false" hints="yes, no" language="de-DE" partialResultCallback="/part"><Say>a</Say></Gather>',
        got: '',
      },
      (made) => {
        made.keys = keys('5', 200)
      },
    )
    await made.run(start)
    expect(made.requests.at(-1)?.parameters).toEqual([['Digits', '']])
    // The prompt of a second and the timeout of two.
    expect(made.clock.nowMs()).toBeGreaterThanOrEqual(1_000_000 + 3_000)
  })

  it('counts the timeout from the end of the prompt', async () => {
    const made = world(
      {
        start: '<Gather action="got" timeout="2" numDigits="1"><Say>a</Say><Say>b</Say></Gather>',
        got: '',
      },
      (made) => {
        made.keys = keys('7', 3_900)
      },
    )
    await made.run(start)
    expect(made.requests.at(-1)?.parameters).toEqual([['Digits', '7']])
  })
})

/** A sid that was not stored yet when the process was cut off is made anew. */
const withoutSids = (world: FakeWorld) =>
  world.effects.map((effect) => effect.replaceAll(/(CA|RE|SM)[0-9a-f]{32}/g, '$1'))

const resumable: [string, Record<string, string>, (world: FakeWorld) => void][] = [
  ['Say', { start: '<Say loop="3">a</Say><Say>b</Say>' }, () => {}],
  [
    'Say of several sentences',
    { start: `<Say loop="2">${'This sentence is long enough to stand alone. '.repeat(3)}</Say>` },
    () => {},
  ],
  ['Play', { start: '<Play loop="4">a.mp3</Play><Play digits="1w2" loop="2"/>' }, () => {}],
  ['Sms', { start: '<Sms to="+15550100002">hi</Sms><Say>a</Say>' }, () => {}],
  ['Sms with action', { start: '<Sms action="got">hi</Sms>', got: '<Say>a</Say>' }, () => {}],
  ['Pause', { start: '<Pause length="5"/><Say>a</Say>' }, () => {}],
  [
    'Redirect',
    { start: '<Redirect>b</Redirect>', b: '<Redirect method="GET">c</Redirect>', c: '' },
    () => {},
  ],
  ['Hangup', { start: '<Say>a</Say><Hangup/><Say>b</Say>' }, () => {}],
  ['Reject', { start: '<Reject reason="busy"/>' }, () => {}],
  [
    'Gather',
    { start: '<Gather action="got"><Say>a<p/>b</Say><Play>b</Play></Gather>', got: '<Say>c</Say>' },
    (world) => {
      // Late enough to be pressed after the last resumption.
      world.keys = [
        { atMs: 4_000, digit: '4' },
        { atMs: 4_200, digit: '#' },
      ]
    },
  ],
  ['Record', { start: '<Record action="got" maxLength="3"/>', got: '<Say>c</Say>' }, () => {}],
  [
    'Record and Dial under other names',
    {
      start:
        '<Record action="got" maxLength="3" paramNames="RecordingUrl=memo RecordingDuration=seconds"/>',
      got: '<Dial action="done" paramNames="DialCallStatus=state">+15550100002</Dial>',
      done: '<Say>c</Say>',
    },
    () => {},
  ],
  ['Dial', { start: '<Dial action="got">+15550100002</Dial>', got: '<Say>c</Say>' }, () => {}],
  ['Dial without action', { start: '<Dial>+15550100002</Dial><Say>c</Say>' }, () => {}],
  [
    'Dial of several, recorded',
    {
      start:
        '<Dial action="got" record="true"><Number>+15550100002</Number><Sip>sip:a@b</Sip></Dial>',
      got: '<Say>c</Say>',
    },
    () => {},
  ],
  [
    'Dial Queue',
    {
      start: '<Dial action="got" record="true"><Queue>support</Queue></Dial>',
      got: '<Say>c</Say>',
    },
    () => {},
  ],
  ['Enqueue', { start: '<Enqueue action="got">support</Enqueue>', got: '<Say>c</Say>' }, () => {}],
  ['Enqueue without action', { start: '<Enqueue>support</Enqueue><Say>c</Say>' }, () => {}],
  [
    'Dial Conference',
    {
      start: '<Dial action="got" record="true"><Conference>room</Conference></Dial>',
      got: '<Say>c</Say>',
    },
    () => {},
  ],
  [
    'Start Recording',
    { start: '<Start><Recording track="inbound"/><Recording/></Start><Say>c</Say>' },
    () => {},
  ],
  ['Refer', { start: '<Refer><Sip>sip:a@b</Sip></Refer><Say>c</Say>' }, () => {}],
  [
    'fallback',
    { start: '<Say>a</Say><Redirect>gone</Redirect>', fallback: '<Say>b</Say>' },
    () => {},
  ],
]

describe.each(resumable)(
  '%s, cut at each checkpoint and resumed from its JSON',
  (_verb, pages, change) => {
    it('does nothing twice and leaves nothing out', async () => {
      const whole = world(pages, change)
      await whole.run(start)
      expect(whole.checkpoints).toBeGreaterThan(0)
      for (let cutAt = 1; cutAt <= whole.checkpoints; cutAt++) {
        const made = world(pages, (made) => {
          change(made)
          made.cutAt = cutAt
        })
        expect(await made.run(start)).toBe('cut')
        made.cutAt = Number.POSITIVE_INFINITY
        const stored = JSON.parse(made.lastCheckpoint as string) as ProgramState
        await made.run(stored, 8)
        expect(withoutSids(made), `cut at checkpoint ${cutAt}`).toEqual(withoutSids(whole))
        expect(new Set(made.played)).toEqual(new Set(whole.played))
      }
    })
  },
)
