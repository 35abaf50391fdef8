import { expect, test } from 'vitest'
import { documentText } from './document-text.js'

const text = '<Response><Say>Grüße</Say></Response>'
const bytes = (bits: string, encoding: BufferEncoding) => Buffer.from(bits, encoding)
const swapped = (bits: string) => bytes(bits, 'utf16le').swap16()
const xml = 'text/xml'
const declared = (charset: string) => `<?xml version="1.0" encoding="${charset}"?>${text}`

test.each([
  ['UTF-8 without a word', xml, undefined, bytes(text, 'utf8'), text],
  ['UTF-8 with its mark', xml, undefined, bytes(`\uFEFF${text}`, 'utf8'), text],
  ['UTF-16 with its mark alone', xml, undefined, bytes(`\uFEFF${text}`, 'utf16le'), text],
  ['UTF-16 the other way round', xml, 'utf-16', swapped(`\uFEFF${text}`), text],
  ['UTF-16 as the header says', xml, 'utf-16le', bytes(text, 'utf16le'), text],
  ['Latin-1 as the header says', xml, 'iso-8859-1', bytes(text, 'latin1'), text],
  [
    'Latin-1 as the document says',
    xml,
    undefined,
    bytes(declared('ISO-8859-1'), 'latin1'),
    declared('ISO-8859-1'),
  ],
  [
    'the header counts more than the document',
    xml,
    'utf-8',
    bytes(declared('latin1'), 'utf8'),
    declared('latin1'),
  ],
  ['a charset that nobody knows', xml, 'x-9', bytes(text, 'utf8'), text],
  [
    'a declared one that nobody knows',
    xml,
    undefined,
    bytes(declared('x-9'), 'utf8'),
    declared('x-9'),
  ],
  ['what cannot be UTF-16', xml, undefined, bytes(declared('UTF-16'), 'utf8'), declared('UTF-16')],
  ['JSON', 'application/json', undefined, bytes('"ü"', 'utf8'), '"ü"'],
  ['nothing', xml, undefined, Buffer.alloc(0), ''],
])('%s', (_name, contentType, charset, body, expected) => {
  expect(documentText({ body, charset, contentType })).toBe(expected)
})
