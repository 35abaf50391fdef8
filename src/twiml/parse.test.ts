import fc from 'fast-check'
import twilio from 'twilio'
import { describe, expect, it } from 'vitest'
import { parseDocument } from './parse.js'

const parse = (body: string, contentType = 'text/xml') => parseDocument({ contentType, body })

function first(body: string) {
  const program = parse(`<Response>${body}</Response>`)
  if (!program.ok) throw new Error(program.problem.message)
  return program.value.instructions[0]
}

describe('parseDocument', () => {
  it('reads what the official SDK writes', () => {
    const response = new twilio.twiml.VoiceResponse()
    const gather = response.gather({ numDigits: 1, action: '/menu?a=1&b=2', timeout: 3 })
    gather.say({ voice: 'alice' }, 'Press 1 & 2 <now>')
    gather.play({ loop: 2 }, 'a.mp3')
    response.dial({ callerId: '+15550100001', timeout: 20 }, ' +1555 ')
    const program = parse(response.toString())
    expect(program).toMatchObject({
      ok: true,
      value: {
        instructions: [
          {
            verb: 'Gather',
            numDigits: 1,
            action: '/menu?a=1&b=2',
            timeoutMs: 3000,
            method: 'POST',
            finishOnKey: '#',
            prompts: [
              { verb: 'Say', text: 'Press 1 & 2 <now>', voice: 'alice' },
              { verb: 'Play', url: 'a.mp3', loop: 2 },
            ],
          },
          { verb: 'Dial', parties: [{ noun: 'Number', address: '+1555' }], timeoutMs: 20_000 },
        ],
        warnings: [],
      },
    })
  })

  it('gives the contract defaults', () => {
    expect(first('<Gather/>')).toMatchObject({
      input: ['dtmf'],
      timeoutMs: 5000,
      finishOnKey: '#',
      numDigits: Number.POSITIVE_INFINITY,
      actionOnEmptyResult: false,
    })
    expect(first('<Record/>')).toMatchObject({
      timeoutMs: 5000,
      finishOnKey: '1234567890*#',
      maxLengthMs: 3_600_000,
      playBeep: true,
      trimSilence: true,
    })
    expect(first('<Dial>+1</Dial>')).toMatchObject({ timeoutMs: 30_000, timeLimitMs: 14_400_000 })
    expect(first('<Pause/>')).toEqual({ verb: 'Pause', lengthMs: 1000 })
    expect(first('<Reject/>')).toEqual({ verb: 'Reject', reason: 'rejected' })
    expect(first('<Redirect/>')).toEqual({ verb: 'Redirect', url: '', method: 'POST' })
    expect(first('<Gather finishOnKey=""/>')).toMatchObject({ finishOnKey: '' })
  })

  it.each([
    ['not xml', '<Response><Say>x', 12100],
    ['another root', '<Reply/>', 12100],
    ['an empty body', '', 12100],
    ['an entity bomb', '<!DOCTYPE r [<!ENTITY a "aa">]><Response>&a;</Response>', 12100],
    ['an attribute as found in the wild', '<Response><Say a="<x>"/></Response>', 12100],
    ['an unknown verb', '<Response><Foo/></Response>', 12200],
    ['a later verb', '<Response><Pay/></Response>', 12200],
    ['a misplaced noun', '<Response><Dial><Foo/></Dial></Response>', 13000],
    ['a Dial in a Gather', '<Response><Gather><Dial/></Gather></Response>', 12200],
    ['deep nesting', `<Response>${'<a>'.repeat(20)}${'</a>'.repeat(20)}</Response>`, 12100],
    ['a long Say', `<Response><Say>${'x'.repeat(4097)}</Say></Response>`, 13520],
  ])('refuses %s', (_what, body, errorCode) => {
    const program = parse(body)
    expect(program.ok ? undefined : program.problem.errorCode).toBe(errorCode)
  })

  it('warns of an unknown or invalid attribute and goes on', () => {
    const program = parse('<Response>\n<Gather timeout="soon" color="red"/></Response>')
    expect(program).toMatchObject({ ok: true, value: { instructions: [{ timeoutMs: 5000 }] } })
    expect(program.ok && program.value.warnings.map(({ line }) => line)).toEqual([2, 2])
  })

  it('decides by media type', () => {
    expect(parse('<Response/>', 'text/html')).toMatchObject({ ok: true })
    expect(parse('<Response><Hangup/></Response>', 'text/plain')).toMatchObject({
      value: { instructions: [{ verb: 'Hangup' }] },
    })
    expect(parse('Hello  there', 'text/plain')).toMatchObject({
      value: { instructions: [{ verb: 'Say', text: 'Hello there' }] },
    })
    expect(parse('blob:1', 'audio/mpeg')).toMatchObject({
      value: { instructions: [{ verb: 'Play', url: 'blob:1' }] },
    })
    expect(parse('{}', 'application/pdf')).toMatchObject({ problem: { errorCode: 12300 } })
    expect(parse('x', '')).toMatchObject({ problem: { errorCode: 12300 } })
  })

  it('never throws, whatever the application answers', () => {
    const piece = fc.constantFrom(
      '<',
      '>',
      '/',
      'Response',
      'Say',
      '"',
      '=',
      '&amp;',
      ' ',
      'x',
      ']]>',
    )
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(piece).map((all) => all.join('')),
        ),
        (body) => {
          parse(body)
          parse(`<Response>${body}</Response>`)
        },
      ),
      { numRuns: 500 },
    )
  })
})

describe('warnings of prompts', () => {
  const warningsOf = (element: string) => {
    const program = parseDocument({
      contentType: 'text/xml',
      body: `<Response>${element}</Response>`,
    })
    return program.ok ? program.value.warnings.map(({ errorCode }) => errorCode) : []
  }
  it.each([
    ['<Gather actionOnEmptyResult="maybe"/>', [13338]],
    ['<Gather finishOnKey="ab"/>', [12200]],
    [`<Gather input="speech" hints="${'a,'.repeat(500)}"/>`, [12200, 12200]],
    [`<Gather input="speech" hints="${'a'.repeat(101)}"/>`, [12200, 12200]],
    ['<Gather><Play digits="1">a.wav</Play></Gather>', [12200]],
    ['<Record finishOnKey="x"/>', [12200]],
    ['<Record transcribe="true" transcribeCallback="/t"/>', []],
  ])('%s', (element, codes) => {
    expect(warningsOf(element)).toEqual(codes)
  })
})
