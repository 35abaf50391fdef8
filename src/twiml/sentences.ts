import type { Sentence, SpokenRun } from './instruction.js'

/** Shorter sentences are spoken with the next one, longer ones are parted at a comma or a space. */
const sentenceCharactersMin = 30
const sentenceCharactersMax = 300
const sentencePauseMs = 350
const commaPauseMs = 150

/** What ends with a full stop and no sentence. */
const abbreviations = new Set(
  'mr mrs ms dr prof st sr jr no vs etc e.g i.e approx dept inc ltd co corp ext tel ave blvd'.split(
    ' ',
  ),
)

interface Open {
  runs: SpokenRun[]
  length: number
}

/**
 * Parts each sentence that a document marks into those that its punctuation makes, so that the first
 * can be heard while the second is made. No word is lost; white space counts as one space.
 */
export function splitSentences(marked: readonly Sentence[]): Sentence[] {
  return marked.flatMap((sentence) => {
    if (sentence.runs.length === 0) return [sentence]
    const { language, pauseMs } = sentence
    const parts = partsOf(sentence.runs)
    return parts.map(({ runs, pauseMs: ownMs }, index) => {
      const pause = index === parts.length - 1 ? pauseMs : ownMs
      return language === undefined ? { runs, pauseMs: pause } : { runs, language, pauseMs: pause }
    })
  })
}

function partsOf(runs: readonly SpokenRun[]): Sentence[] {
  const parts: Sentence[] = []
  let open: Open = { runs: [], length: 0 }
  const end = (pauseMs: number) => {
    const { runs: said } = open
    const last = said.at(-1)
    if (last) said[said.length - 1] = { ...last, text: last.text.trimEnd() }
    if (last) parts.push({ runs: said, pauseMs })
    open = { runs: [], length: 0 }
  }
  for (const run of runs) {
    if (run.phonemes) {
      open.runs.push(run)
      open.length += run.text.length
      continue
    }
    let rest = run.text.replace(/\s+/g, ' ')
    if (open.runs.length === 0) rest = rest.trimStart()
    while (rest !== '') {
      const cut = cutOf(rest, open.length)
      if (!cut) {
        open.runs.push({ ...run, text: rest })
        open.length += rest.length
        break
      }
      open.runs.push({ ...run, text: rest.slice(0, cut.at) })
      end(cut.pauseMs)
      rest = rest.slice(cut.at).trimStart()
    }
  }
  end(0)
  return parts.filter(({ runs: said }) =>
    said.some(({ text, phonemes }) => phonemes || text.trim()),
  )
}

/** Where to part a text that follows `before` characters of its sentence; undefined: nowhere. */
function cutOf(text: string, before: number): { at: number; pauseMs: number } | undefined {
  const room = Math.max(1, sentenceCharactersMax - before)
  // What ends later is too long, and is not looked at: the time would grow with the square of the text.
  const near = text.slice(0, room + 1)
  for (const match of near.matchAll(/(\S+?)([.!?…]["'”’)\]]*) (?=\S)|[。！？]/gu)) {
    const at = match.index + match[0].length
    if (before + at > sentenceCharactersMax) break
    if (before + at < sentenceCharactersMin && at < text.length) continue
    if (match[2]?.startsWith('.') && !endsSentence(match[1] ?? '', text.slice(at))) continue
    return { at, pauseMs: sentencePauseMs }
  }
  if (before + text.length <= sentenceCharactersMax) return undefined
  const head = text.slice(0, room)
  const comma = Math.max(...[', ', '; ', ': '].map((mark) => head.lastIndexOf(mark)))
  if (comma > 0) return { at: comma + 2, pauseMs: commaPauseMs }
  const space = head.lastIndexOf(' ')
  return { at: space > 0 ? space + 1 : room, pauseMs: 0 }
}

function endsSentence(word: string, next: string): boolean {
  const plain = word.replace(/^["'“‘([]+/, '').toLowerCase()
  if (abbreviations.has(plain) || /^\p{L}$/u.test(plain)) return false
  return !/^\p{Ll}/u.test(next)
}
