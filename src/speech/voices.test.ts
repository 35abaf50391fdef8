import { describe, expect, it } from 'vitest'
import { espeakVoice } from './voices.js'

describe('espeakVoice', () => {
  it.each([
    [undefined, undefined, 'en-us'],
    ['alice', undefined, 'en-us+f3'],
    ['man', 'en-GB', 'en-gb'],
    ['woman', 'de-DE', 'de+f3'],
    ['Polly.Joanna-Neural', 'en-US', 'en-us+f3'],
    ['Google.fr-FR-Standard-A', undefined, 'fr'],
    ['no such voice', 'pt-BR', 'pt-br'],
    [undefined, 'es-MX', 'es-419'],
    [undefined, 'en-AU', 'en-us'],
    [undefined, 'xx-YY', 'xx'],
    [undefined, '--stdout', 'en-us'],
    [undefined, '../../etc', 'en-us'],
  ])('%s in %s is spoken by %s', (voice, language, expected) => {
    expect(espeakVoice(voice, language)).toBe(expected)
  })
})
