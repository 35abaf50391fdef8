/**
 * Symbols of the International Phonetic Alphabet and of X-SAMPA as eSpeak NG writes them (its
 * docs/phonemes.md, after Kirshenbaum's ASCII-IPA), for the sounds of its English voices.
 */
const ipa: { readonly [symbol: string]: string } = {
  ...{ p: 'p', b: 'b', t: 't', d: 'd', k: 'k', g: 'g', ɡ: 'g', f: 'f', v: 'v', s: 's', z: 'z' },
  ...{ h: 'h', m: 'm', n: 'n', ŋ: 'N', l: 'l', ɫ: 'l', r: 'r', ɹ: 'r', w: 'w', j: 'j', x: 'x' },
  ...{ θ: 'T', ð: 'D', ʃ: 'S', ʒ: 'Z', tʃ: 'tS', dʒ: 'dZ', ɾ: 't#', ʔ: '?' },
  ...{ æ: 'a', ɑ: 'A:', ɒ: '0', ɔ: 'O:', ə: '@', ɚ: '3', ɜ: '3:', ɝ: '3:', ɛ: 'E', e: 'E' },
  ...{ ɪ: 'I', i: 'i:', ʊ: 'U', u: 'u:', ʌ: 'V', a: 'a', o: 'oU' },
  ...{ eɪ: 'eI', aɪ: 'aI', ɔɪ: 'OI', aʊ: 'aU', oʊ: 'oU', əʊ: 'oU', ɪə: 'i@', eə: 'e@', ʊə: 'U@' },
  ...{ ɑː: 'A:', ɔː: 'O:', ɜː: '3:', iː: 'i:', uː: 'u:' },
  ...{ ˈ: "'", ˌ: ',', "'": "'", '.': '', ' ': ' ', '\u0361': '', ː: ':' },
}

const xSampa: { readonly [symbol: string]: string } = {
  ...{ p: 'p', b: 'b', t: 't', d: 'd', k: 'k', g: 'g', f: 'f', v: 'v', s: 's', z: 'z' },
  ...{ h: 'h', m: 'm', n: 'n', N: 'N', l: 'l', r: 'r', 'r\\': 'r', w: 'w', j: 'j', x: 'x' },
  ...{ T: 'T', D: 'D', S: 'S', Z: 'Z', tS: 'tS', dZ: 'dZ', 4: 't#', '?': '?' },
  ...{
    '{': 'a',
    A: 'A:',
    Q: '0',
    O: 'O:',
    '@': '@',
    '@`': '3',
    3: '3:',
    '3`': '3:',
    E: 'E',
    e: 'E',
  },
  ...{ I: 'I', i: 'i:', U: 'U', u: 'u:', V: 'V', a: 'a', o: 'oU' },
  ...{ eI: 'eI', aI: 'aI', OI: 'OI', aU: 'aU', oU: 'oU', '@U': 'oU' },
  ...{ 'A:': 'A:', 'O:': 'O:', '3:': '3:', 'i:': 'i:', 'u:': 'u:' },
  ...{ '"': "'", '%': ',', '.': '', ' ': ' ', _: '' },
}

const symbolsMax = 200
const symbolCharactersMax = 2

/** What the engine writes for these symbols; undefined when one of them is not known. */
export function phonemeMnemonics(alphabet: 'ipa' | 'x-sampa', symbols: string): string | undefined {
  const table = alphabet === 'ipa' ? ipa : xSampa
  const text = symbols.normalize('NFC')
  if (text.length > symbolsMax) return undefined
  const written: string[] = []
  for (let at = 0; at < text.length; ) {
    let length = symbolCharactersMax
    while (length > 0 && !Object.hasOwn(table, text.slice(at, at + length))) length--
    if (length === 0) return undefined
    written.push(table[text.slice(at, at + length)] as string)
    at += length
  }
  return written.join('')
}
