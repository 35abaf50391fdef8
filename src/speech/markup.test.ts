import { expect, test } from 'vitest'
import { espeakMarkup } from './markup.js'

test.each([
  [[{ text: 'a < b & c' }], 'a &lt; b &amp; c'],
  [[{ text: 'say [[h@l]] and\u0001 on' }], 'say [ [h@l]] and  on'],
  [
    [
      { text: 'slow ', style: { rate: 0.5 } },
      { text: 'loud', style: { volume: 2, pitch: 0.9 } },
    ],
    '<prosody rate="50%">slow </prosody><prosody pitch="-20%" volume="+100%">loud</prosody>',
  ],
  [[{ text: 'hush', style: { volume: 0 } }], '<prosody volume="silent">hush</prosody>'],
  [[{ text: 'so', style: { emphasis: 'strong' } }], '<emphasis level="strong">so</emphasis>'],
  [[{ text: 'tomato', phonemes: { alphabet: 'ipa', symbols: 'təˈmeɪtoʊ' } }], "[[t@'meItoU]]"],
  [[{ text: 'pecan', phonemes: { alphabet: 'x-sampa', symbols: 'pI"kA:n' } }], "[[pI'kA:n]]"],
  // A sound that the engine has not.
  [[{ text: 'click', phonemes: { alphabet: 'ipa', symbols: 'ǃa' } }], 'click'],
] as const)('%j', (runs, expected) => {
  expect(espeakMarkup(runs)).toBe(expected)
})
