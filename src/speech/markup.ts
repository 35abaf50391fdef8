import { phonemeMnemonics } from './phonemes.js'

/** How words are to sound; factors of what is usual. */
export interface SpeechStyle {
  readonly rate?: number
  readonly pitch?: number
  readonly volume?: number
  readonly emphasis?: 'strong' | 'moderate' | 'reduced'
}

/** Words that sound alike. */
export interface SpeechRun {
  readonly text: string
  readonly phonemes?: { readonly alphabet: 'ipa' | 'x-sampa'; readonly symbols: string }
  readonly style?: SpeechStyle
}

/**
 * The SSML that eSpeak NG is given for words: of SSML it knows prosody and emphasis, and phonemes in its
 * own notation. Whatever else is in a text is escaped; `[[` would begin phonemes.
 */
export function espeakMarkup(runs: readonly SpeechRun[]): string {
  return runs.map(markupOf).join('').trim()
}

function markupOf({ text, phonemes, style = {} }: SpeechRun): string {
  const mnemonics = phonemes && phonemeMnemonics(phonemes.alphabet, phonemes.symbols)
  const words = mnemonics === undefined ? escaped(text) : ` [[${mnemonics}]] `
  const { emphasis } = style
  const stressed = emphasis ? `<emphasis level="${emphasis}">${words}</emphasis>` : words
  const attributes = attributesOf(style)
  return attributes === '' ? stressed : `<prosody${attributes}>${stressed}</prosody>`
}

function attributesOf({ rate, pitch, volume }: SpeechStyle): string {
  const percent = (factor: number, scale = 100) => {
    const change = Math.round((factor - 1) * scale)
    return `${change < 0 ? '' : '+'}${change}%`
  }
  return [
    rate === undefined ? '' : ` rate="${Math.round(rate * 100)}%"`,
    // Of its scale, not of the frequency: twice the change gives about the frequency that is meant.
    pitch === undefined ? '' : ` pitch="${percent(pitch, 200)}"`,
    volume === undefined ? '' : volume === 0 ? ' volume="silent"' : ` volume="${percent(volume)}"`,
  ].join('')
}

function escaped(text: string): string {
  return (
    text
      .replaceAll('&', '&amp;')
      .replaceAll('<', '&lt;')
      .replaceAll('>', '&gt;')
      .replace(/\[(?=\[)/g, '[ ')
      // Control characters would end or steer the text.
      .replace(/\p{Cc}/gu, ' ')
  )
}
