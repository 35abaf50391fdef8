// Changes of a text that a parser may stumble over, by a seeded source.

const pieces = [
  ...[
    '\r\n',
    '\n',
    '\r',
    '\0',
    ' ',
    '\t',
    ';',
    ',',
    '<',
    '>',
    '"',
    '\\',
    ':',
    '@',
    '%00',
    '=',
    '?',
  ],
  ...[
    '\r\n ',
    '\r\n\r\n',
    ';tag=',
    'sip:',
    'sips:',
    'z9hG4bK',
    '4294967296',
    '-1',
    '99999999999999',
  ],
  ...[
    '[2001:db8::1]',
    '\u00e9',
    '\ud800',
    '*',
    'Content-Length: 5\r\n',
    'Via: x\r\n',
    'm=audio 0 ',
  ],
]

export function mutate(text, random) {
  const below = (count) => random.uint32() % Math.max(1, count)
  let result = text
  for (let change = 0; change <= below(4); change++) {
    const at = below(result.length + 1)
    const length = below(2) ? 0 : below(20)
    const kind = below(8)
    if (kind < 4) {
      result = result.slice(0, at) + pieces[below(pieces.length)] + result.slice(at + length)
    } else if (kind < 5) {
      result = result.slice(0, at) + String.fromCharCode(below(256)) + result.slice(at + 1)
    } else if (kind < 6) {
      result = result.slice(0, at)
    } else {
      const from = below(result.length)
      const copy = result.slice(from, from + below(kind === 6 ? 200 : 20))
      const times = kind === 6 ? 1 : 1 + below(60)
      result = result.slice(0, at) + copy.repeat(times) + result.slice(at)
    }
  }
  return result
}
