import { describe, expect, it } from 'vitest'
import { parseDocument } from './parse.js'

const json = (body: string) => parseDocument({ contentType: 'application/json', body })
const xml = (body: string) => parseDocument({ contentType: 'text/xml', body })
const withoutLines = (program: ReturnType<typeof json>) =>
  program.ok
    ? {
        instructions: program.value.instructions,
        warnings: program.value.warnings.map(({ line, ...warning }) => warning),
      }
    : { errorCode: program.problem.errorCode, message: program.problem.message }

describe('the JSON form of a document', () => {
  it.each([
    [
      [{ verb: 'Say', voice: 'alice', loop: 2, text: 'a < b & "c"' }],
      '<Say voice="alice" loop="2">a &lt; b &amp; "c"</Say>',
    ],
    [
      [
        {
          ...{ verb: 'Gather', numDigits: 1, input: ['dtmf', 'speech'], actionOnEmptyResult: true },
          children: [
            { verb: 'Say', children: ['Press ', { verb: 'emphasis', text: 'one' }, ' now'] },
          ],
        },
        { verb: 'Redirect' },
      ],
      '<Gather numDigits="1" input="dtmf speech" actionOnEmptyResult="true"><Say>Press <emphasis>one</emphasis> now</Say></Gather><Redirect/>',
    ],
    [
      [
        {
          verb: 'Dial',
          callerId: null,
          children: [{ verb: 'Number', url: '/w', text: '+15550100002' }],
        },
      ],
      '<Dial><Number url="/w">+15550100002</Number></Dial>',
    ],
    [[{ verb: 'Pause', length: 'long', colour: 'red' }], '<Pause length="long" colour="red"/>'],
    [[{ verb: 'Bogus' }], '<Bogus/>'],
    [[{ verb: 'Connect' }], '<Connect/>'],
    [[{ verb: 'Say', text: 'a'.repeat(5_000) }], `<Say>${'a'.repeat(5_000)}</Say>`],
    [[], ''],
  ])('%# means the same as XML', (instructions, inner) => {
    const program = json(JSON.stringify({ instructions }))
    expect(withoutLines(program)).toEqual(withoutLines(xml(`<Response>${inner}</Response>`)))
  })

  const deep = (depth: number): object =>
    depth === 0 ? { verb: 'p' } : { verb: 'p', children: [deep(depth - 1)] }
  it.each([
    ['no JSON', '{"instructions": [', 1],
    ['a trailing comma', '{\n"instructions": [\n{"verb": "Hangup",}]}', 3],
    ['more after the end', '{"instructions": []} x', 1],
    ['a wrong escape', '{"instructions": [{"verb": "\\x"}]}', 1],
    ['a name twice', '{"instructions": [{"verb": "Say", "verb": "Play"}]}', 1],
    ['a list', '[]', 1],
    ['another root', '{"instructions": [], "more": 1}', 1],
    ['no verb', '{"instructions": [\n\n{"text": "a"}]}', 3],
    ['an instruction that is none', '{"instructions": ["Say"]}', 1],
    ['a text that is none', '{"instructions": [{"verb": "Say", "text": []}]}', 1],
    ['children that are none', '{"instructions": [{"verb": "Say", "children": "a"}]}', 1],
    ['an attribute that is an object', '{"instructions": [{"verb": "Say", "voice": {}}]}', 1],
    ['too deep', JSON.stringify({ instructions: [deep(16)] }), 1],
    ['far too deep', '['.repeat(30_000), 1],
    ['too many', JSON.stringify({ instructions: Array(2_001).fill({ verb: 'Hangup' }) }), 1],
  ])('refuses %s, with the line', (_what, body, line) => {
    expect(json(body)).toMatchObject({ ok: false, problem: { errorCode: 12100, line } })
  })
})
