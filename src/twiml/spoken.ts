import type { Sentence, SpokenRun, SpokenStyle } from './instruction.js'
import { sayAs } from './say-as.js'
import { splitSentences } from './sentences.js'
import type { XmlElement } from './xml.js'

/** A break that is this short only parts words; a longer one is silence. */
const audibleBreakMs = 100
const breakMsMax = 10_000
/** After a paragraph, on top of the pause of its last sentence. */
const paragraphMs = 300

/** SSML 1.1 §3.2.3, as hosted engines time it. */
const breakMsOf: { readonly [strength: string]: number } = {
  none: 0,
  'x-weak': 0,
  weak: 50,
  medium: 400,
  strong: 700,
  'x-strong': 1_000,
}

type Piece = { readonly run: SpokenRun; readonly language: string | undefined } | Boundary

/** The end of a sentence, whatever its last word looks like. */
interface Boundary {
  readonly pauseMs: number
}

interface Context {
  readonly language: string | undefined
  readonly style: SpokenStyle
}

/** The words of a Say as text alone. */
export function spokenText(element: XmlElement): string {
  const parts = element.content.map((part) => {
    if (typeof part === 'string') return part
    if (part.name === 'sub') return part.attributes.get('alias') ?? spokenText(part)
    return ['break', 'p', 's'].includes(part.name) ? ` ${spokenText(part)} ` : spokenText(part)
  })
  return parts.join('')
}

/** What a Say says, one sentence after another (SSML 1.1 as far as contract 2B.3 has it). */
export function spokenSentences(element: XmlElement): Sentence[] {
  const pieces: Piece[] = []
  flatten(element, { language: undefined, style: {} }, pieces)
  return splitSentences(chunks(pieces))
}

/** A plain text in sentences. */
export function plainSentences(text: string): Sentence[] {
  return splitSentences([{ runs: [{ text }], pauseMs: 0 }])
}

function flatten(element: XmlElement, context: Context, out: Piece[]): void {
  for (const part of element.content) {
    if (typeof part === 'string') out.push(runOf(part, context))
    else flattenChild(part, context, out)
  }
}

function flattenChild(child: XmlElement, context: Context, out: Piece[]): void {
  const { name, attributes } = child
  const { style, language } = context
  switch (name) {
    case 'break':
      out.push(...breakOf(attributes, context))
      return
    case 'p':
    case 's':
      out.push({ pauseMs: 0 })
      flatten(child, context, out)
      out.push({ pauseMs: name === 'p' ? paragraphMs : 0 })
      return
    case 'sub':
      out.push(runOf(attributes.get('alias') ?? spokenText(child), context))
      return
    case 'say-as': {
      const as = attributes.get('interpret-as') ?? ''
      out.push(runOf(sayAs(spokenText(child), as, attributes.get('format')), context))
      return
    }
    case 'phoneme':
      out.push(phonemeOf(child, context))
      return
    case 'prosody':
      flatten(child, { language, style: prosody(attributes, style) }, out)
      return
    case 'emphasis':
      flatten(child, { language, style: { ...style, emphasis: levelOf(attributes) } }, out)
      return
    case 'lang':
      flatten(child, { style, language: attributes.get('xml:lang')?.trim() || language }, out)
      return
    default:
      flatten(child, context, out)
  }
}

function runOf(text: string, { language, style }: Context): Piece {
  return { run: Object.keys(style).length === 0 ? { text } : { text, style }, language }
}

function breakOf(attributes: XmlElement['attributes'], context: Context): Piece[] {
  const ms = durationMs(attributes.get('time')) ?? breakMsOf[attributes.get('strength') ?? 'medium']
  const pauseMs = Math.min(ms ?? 400, breakMsMax)
  return pauseMs < audibleBreakMs ? [runOf(' ', context)] : [{ pauseMs }]
}

/** `500ms` or `1.5s`. */
function durationMs(text: string | undefined): number | undefined {
  const [, number, unit] = /^\+?(\d{0,7}(?:\.\d{1,6})?)(ms|s)$/.exec(text?.trim() ?? '') ?? []
  return number ? Math.round(Number(number) * (unit === 's' ? 1_000 : 1)) : undefined
}

function phonemeOf(child: XmlElement, { language, style }: Context): Piece {
  const { attributes } = child
  const alphabet = attributes.get('alphabet') ?? 'ipa'
  const symbols = attributes.get('ph')?.trim() ?? ''
  const run = { text: spokenText(child), style }
  if (symbols === '' || (alphabet !== 'ipa' && alphabet !== 'x-sampa')) return { run, language }
  return { run: { ...run, phonemes: { alphabet, symbols } }, language }
}

function levelOf(attributes: XmlElement['attributes']): NonNullable<SpokenStyle['emphasis']> {
  const level = attributes.get('level')
  return level === 'strong' || level === 'reduced' ? level : 'moderate'
}

const ratesOf = { 'x-slow': 0.5, slow: 0.75, medium: 1, fast: 1.25, 'x-fast': 1.6, default: 1 }
const pitchesOf = { 'x-low': 0.7, low: 0.85, medium: 1, high: 1.2, 'x-high': 1.4, default: 1 }
const volumesOf = {
  ...{ silent: 0, 'x-soft': 0.35, soft: 0.6, medium: 1, loud: 1.5, 'x-loud': 2, default: 1 },
}

/** Inner values count from the outer ones (SSML 1.1 §3.2.4). */
function prosody(attributes: XmlElement['attributes'], outer: SpokenStyle): SpokenStyle {
  const rate = factor(attributes.get('rate'), ratesOf)
  const pitch = factor(attributes.get('pitch'), pitchesOf)
  const volume = factor(attributes.get('volume'), volumesOf)
  return {
    ...outer,
    ...(rate === undefined ? {} : { rate: limited((outer.rate ?? 1) * rate, 0.2, 4) }),
    ...(pitch === undefined ? {} : { pitch: limited((outer.pitch ?? 1) * pitch, 0.5, 2) }),
    ...(volume === undefined ? {} : { volume: limited((outer.volume ?? 1) * volume, 0, 2) }),
  }
}

/** A word, `80%` of what is usual, `+20%` or `-20%` of a change, `+6dB`, or `+2st` for semitones. */
function factor(
  text: string | undefined,
  words: { readonly [word: string]: number },
): number | undefined {
  const value = text?.trim() ?? ''
  if (Object.hasOwn(words, value)) return words[value]
  const [, sign, digits, unit] = /^([+-]?)(\d{1,4}(?:\.\d{1,4})?)(%|dB|st)$/.exec(value) ?? []
  if (digits === undefined) return undefined
  const number = Number(`${sign}${digits}`)
  if (unit === 'dB') return 10 ** (number / 20)
  if (unit === 'st') return 2 ** (number / 12)
  return sign === '' ? number / 100 : 1 + number / 100
}

function limited(value: number, min: number, max: number): number {
  return Math.round(Math.min(max, Math.max(min, value)) * 100) / 100
}

/** Pieces between boundaries, each in one language; what is only white space is nothing. */
function chunks(pieces: readonly Piece[]): Sentence[] {
  const sentences: Sentence[] = []
  let runs: SpokenRun[] = []
  let language: string | undefined
  const end = (pauseMs: number) => {
    const hasWords = runs.some(({ text, phonemes }) => text.trim() !== '' || phonemes)
    if (hasWords || pauseMs > 0) {
      const said = hasWords ? runs : []
      sentences.push(
        language === undefined ? { runs: said, pauseMs } : { runs: said, language, pauseMs },
      )
    }
    runs = []
  }
  for (const piece of pieces) {
    if ('pauseMs' in piece) end(piece.pauseMs)
    else {
      if (piece.language !== language) end(0)
      language = piece.language
      runs.push(piece.run)
    }
  }
  end(0)
  return sentences
}
