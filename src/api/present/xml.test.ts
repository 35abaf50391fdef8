import { expect, test } from 'vitest'
import { parseXml } from '../../twiml/xml.js'
import { xmlDocument } from './xml.js'

test.each([
  ['<a> & "b"', '<a> & "b"'],
  ['\u0000\u0007\u001b[31m', '\ufffd\ufffd\ufffd[31m'],
  ['\ud800 half \udc00', '\ufffd half \ufffd'],
  ['\u{1f600} ü', '\u{1f600} ü'],
])('%j is well-formed XML', (text, shown) => {
  const call = parseXml(xmlDocument('Call', { caller_name: text })).children[0]
  expect(call?.children[0]).toMatchObject({ name: 'CallerName', text: shown })
})
