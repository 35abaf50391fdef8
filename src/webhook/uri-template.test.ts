import { describe, expect, it } from 'vitest'
import { expandUri } from './uri-template.js'

describe('expandUri', () => {
  it.each([
    ['http://h/{Digits}.mp3', 'http://h/1234.mp3'],
    ['http://h/app/{To}/{From}', 'http://h/app/%2B15550100001/alice'],
    ['foo.php?digits={Digits}', 'foo.php?digits=1234'],
    ['{Digits}', '1234'],
    ['http://h/plain', 'http://h/plain'],
    ['http://h/{Missing}x', 'http://h/x'],
    ['http://h/s{?Digits}', 'http://h/s?Digits=1234'],
  ])('%s becomes %s', (template, expected) => {
    const expanded = expandUri(template, [
      ['Digits', '1234'],
      ['To', '+15550100001'],
      ['From', 'alice'],
    ])
    expect(expanded).toEqual({ ok: true, value: expected })
  })

  it.each([
    ['one that is too long', `/${'{a'.repeat(8_192)}`],
    ['one that would become too long', `/${'{Digits}'.repeat(2_000)}`],
  ])('%s is refused', (_name, template) => {
    const expanded = expandUri(template, [['Digits', '1'.repeat(100)]])
    expect(expanded).toMatchObject({ ok: false, problem: expect.stringContaining('characters') })
  })

  it.each(['http://{From}/', '{+From}://h/', 'http://h{From}/a', 'http://h/{'])(
    '%s is refused or stays a path',
    (template) => {
      const expanded = expandUri(template, [['From', 'http:evil']])
      if (expanded.ok) expect(URL.canParse(expanded.value)).toBe(false)
    },
  )
})
