import { expect, test } from 'vitest'
import { parseDocument } from './parse.js'
import { sayAs } from './say-as.js'
import { plainSentences } from './spoken.js'

function first(body: string) {
  const program = parseDocument({ contentType: 'text/xml', body })
  return program.ok ? program.value.instructions[0] : program.problem
}

test.each([
  ['Hello<break/>world', 'Hello world'],
  ['<p>One.</p><p>Two.</p>', 'One. Two.'],
  ['re<emphasis>al</emphasis>ly', 'really'],
  [
    'the <sub alias="World Wide Web">WWW</sub> of <![CDATA[<things>]]> &amp; more',
    'the World Wide Web of <things> & more',
  ],
  ['a<!-- not this -->b', 'ab'],
])('<Say>%s</Say>', (inner, text) => {
  expect(first(`<Response><Say>${inner}</Say></Response>`)).toMatchObject({ text })
})

const sentencesOf = (inner: string) => {
  const say = first(`<Response><Say>${inner}</Say></Response>`)
  return say && 'sentences' in say ? say.sentences : []
}
const textsOf = (inner: string) =>
  sentencesOf(inner).map(({ runs }) => runs.map(({ text }) => text).join(''))

test.each([
  ['Hello.', ['Hello.']],
  [
    'Welcome to the support line of Example. Please hold the line! Are you there?',
    ['Welcome to the support line of Example.', 'Please hold the line! Are you there?'],
  ],
  [
    'Hi. You have reached Dr. Smith at No. 5 of this street.',
    ['Hi. You have reached Dr. Smith at No. 5 of this street.'],
  ],
  [
    'The version that you asked for is 3.5 e.g. for you.',
    ['The version that you asked for is 3.5 e.g. for you.'],
  ],
  ['<s>One</s><s>Two</s>', ['One', 'Two']],
  ['   ', []],
])('%s is spoken as %j', (inner, expected) => {
  expect(textsOf(inner)).toEqual(expected)
})

test.each([
  [298, [`${'x'.repeat(298)}.`, 'Yes'], 350],
  // Too long to be one with its space: it is parted like any long text.
  [300, ['x'.repeat(300), '. Yes'], 0],
])('a sentence of %i letters and a full stop is parted', (letters, texts, pauseMs) => {
  const parts = plainSentences(`${'x'.repeat(letters)}. Yes`)
  expect(parts.map(({ runs }) => runs.map(({ text }) => text).join(''))).toEqual(texts)
  expect(parts[0]?.pauseMs).toBe(pauseMs)
})

test('a sentence of any length is parted without losing a word', () => {
  const words = Array.from({ length: 600 }, (_, index) => `w${index}`)
  const parts = textsOf(words.join(' '))
  expect(parts.length).toBeGreaterThan(8)
  expect(Math.max(...parts.map(({ length }) => length))).toBeLessThanOrEqual(300)
  expect(parts.join(' ').split(' ')).toEqual(words)
  expect(textsOf('x'.repeat(1_000)).join('')).toBe('x'.repeat(1_000))
})

test.each([
  ['<break/>', [{ runs: [], pauseMs: 400 }]],
  [
    'a<break time="1.5s"/>b',
    [
      { runs: [{ text: 'a' }], pauseMs: 1500 },
      { runs: [{ text: 'b' }], pauseMs: 0 },
    ],
  ],
  ['<break time="90s"/>', [{ runs: [], pauseMs: 10_000 }]],
  [
    '<lang xml:lang="fr-FR">oui</lang> yes',
    [
      { runs: [{ text: 'oui' }], language: 'fr-FR', pauseMs: 0 },
      { runs: [{ text: 'yes' }], pauseMs: 0 },
    ],
  ],
  [
    '<prosody rate="50%" pitch="+10%" volume="-6dB">a <prosody rate="slow">b</prosody></prosody>',
    [
      {
        runs: [
          { text: 'a ', style: { rate: 0.5, pitch: 1.1, volume: 0.5 } },
          { text: 'b', style: { rate: 0.38, pitch: 1.1, volume: 0.5 } },
        ],
        pauseMs: 0,
      },
    ],
  ],
  [
    '<emphasis>a</emphasis>',
    [{ runs: [{ text: 'a', style: { emphasis: 'moderate' } }], pauseMs: 0 }],
  ],
  [
    '<phoneme alphabet="ipa" ph="tə">to</phoneme>',
    [
      {
        runs: [{ text: 'to', style: {}, phonemes: { alphabet: 'ipa', symbols: 'tə' } }],
        pauseMs: 0,
      },
    ],
  ],
])('%s', (inner, expected) => {
  expect(sentencesOf(inner)).toEqual(expected)
})

test.each([
  ['characters', undefined, 'a-1', 'a, dash, 1'],
  ['digits', undefined, '1234', '1 2 3 4'],
  ['telephone', undefined, '(415) 555-1212', '4 1 5, 5 5 5, 1 2 1 2'],
  ['telephone', undefined, '4155551212', '4 1 5, 5 5 5, 1 2 1 2'],
  ['ordinal', undefined, '21', '21st'],
  ['ordinal', undefined, '112', '112th'],
  ['cardinal', undefined, '12,345', '12345'],
  ['fraction', undefined, '3/20', '3 20ths'],
  ['fraction', undefined, '1+1/2', '1 and 1 half'],
  ['unit', undefined, '5ft', '5 feet'],
  ['unit', undefined, '1 km', '1 kilometer'],
  ['date', 'dmy', '3/12/2026', 'December 3rd, 2026'],
  ['date', undefined, '20260704', 'July 4th, 2026'],
  ['date', 'md', '2-22', 'February 22nd'],
  ['date', 'mdy', 'tomorrow', 'tomorrow'],
  ['time', undefined, `1'21"`, '1 minute 21 seconds'],
  ['time', undefined, '12:30', '12:30'],
  ['expletive', undefined, 'darn', 'beep'],
])('say-as %s (%s): %s is read as %s', (as, format, text, expected) => {
  expect(sayAs(text, as, format)).toBe(expected)
})

test('white space and a byte order mark before the declaration are forgiven', () => {
  const body = '\uFEFF\n <?xml version="1.0"?><Response><Hangup/></Response>'
  expect(first(body)).toEqual({ verb: 'Hangup' })
})

test('digits that cannot be sent are left out with a warning', () => {
  const noun = '<Number sendDigits="12x">+15550100002</Number>'
  const body = `<Response><Dial>${noun}</Dial></Response>`
  const program = parseDocument({ contentType: 'text/xml', body })
  expect(program.ok && program.value).toMatchObject({
    instructions: [{ parties: [{ sendDigits: undefined }] }],
    warnings: [{ errorCode: 12200 }],
  })
})
