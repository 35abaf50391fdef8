import { expect, test } from 'vitest'
import { parseDocument } from './parse.js'

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
