import { describe, expect, it } from 'vitest'
import { espeakVoice } from './voices.js'

describe('espeakVoice', () => {
  it.each([
    [undefined, undefined, 'en-us'],
    ['alice', undefined, 'en-us+f3'],
    ['man', 'en-GB', 'en-gb'],
    ['woman', 'de-DE', 'de+f3'],
    ['Polly.Joanna-Neural', 'en-US', 'en-us+f3'],
    ['Google.fr-FR-Standard-A', undefined, 'fr+f3'],
    ['Google.fr-FR-Wavenet-B', undefined, 'fr'],
    ['Google.cmn-CN-Chirp3-HD-Charon', undefined, 'cmn'],
    ['Google.en-US-Chirp3-HD-Kore', 'en-US', 'en-us+f3'],
    ['Polly.Hans', undefined, 'de'],
    ['Polly.Vicki-Neural', undefined, 'de+f3'],
    ['Polly.Nobody', undefined, 'en-us'],
    [undefined, 'zh-TW', 'cmn'],
    [undefined, 'yue-HK', 'yue'],
    [undefined, 'es-AR', 'es-419'],
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
