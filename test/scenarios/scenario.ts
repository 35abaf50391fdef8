import { readFileSync } from 'node:fs'

/** A step of a ladder: who does what, with what. */
export interface Step {
  readonly who: string
  readonly does: string
  readonly what: string
  /** Line in the file. */
  readonly line: number
}

/** A document of the application, for requests whose parameters have these values. */
export interface ScenarioDocument {
  readonly path: string
  readonly when: readonly (readonly [name: string, value: string])[]
  readonly xml: string
}

export interface Scenario {
  readonly title: string
  /** What each phone says [Hz]. */
  readonly phones: ReadonlyMap<string, number>
  /** The document at which calls to each number begin. */
  readonly numbers: ReadonlyMap<string, string>
  readonly documents: readonly ScenarioDocument[]
  readonly steps: readonly Step[]
}

/**
 * Reads a ladder: tables headed `Phones` (name, tone), `Numbers` (name, path) and `Ladder` (who, does,
 * what), and documents: `/path` or `/path?Digits=1` as a heading, with XML in a fence below. Throws on
 * what it cannot read.
 */
export function readScenario(path: string): Scenario {
  const lines = readFileSync(path, 'utf8').split('\n')
  const phones = new Map<string, number>()
  const numbers = new Map<string, string>()
  const documents: ScenarioDocument[] = []
  const steps: Step[] = []
  let section = ''
  let fence: string[] | undefined
  for (const [index, text] of lines.entries()) {
    if (/^```/.test(text)) {
      if (fence) documents.push(documentOf(section, fence.join('\n'), path))
      fence = fence || !/^```xml/.test(text) ? undefined : []
      continue
    }
    if (fence) {
      fence.push(text)
      continue
    }
    const heading = /^#+ +(.+)$/.exec(text)?.[1]
    if (heading !== undefined) section = heading.replaceAll('`', '').trim()
    const cells = cellsOf(text)
    if (!cells) continue
    const [first = '', second = '', third = '', fourth = ''] = cells
    if (section === 'Phones') phones.set(first, Number.parseInt(second, 10))
    else if (section === 'Numbers') numbers.set(first, second)
    else if (section === 'Ladder') {
      steps.push({ who: second, does: third, what: fourth, line: index + 1 })
    }
  }
  const title = /^# (.+)$/m.exec(lines.join('\n'))?.[1]
  if (title === undefined || steps.length === 0) throw new Error(`${path}: no title or no ladder`)
  return { title, phones, numbers, documents, steps }
}

/** Cells of a row of a table; undefined: it is none, or its head. */
function cellsOf(text: string): string[] | undefined {
  if (!/^\|.*\|\s*$/.test(text) || /^\|[\s:|-]+\|\s*$/.test(text)) return undefined
  const cells = text
    .trim()
    .slice(1, -1)
    .split('|')
    .map((cell) => cell.replaceAll('`', '').trim())
  return ['phone', 'number', 'step'].includes(cells[0] ?? '') ? undefined : cells
}

function documentOf(heading: string, xml: string, path: string): ScenarioDocument {
  const [name = '', query = ''] = heading.split('?')
  if (!name.startsWith('/')) throw new Error(`${path}: XML under "${heading}", which is no path`)
  return { path: name, when: [...new URLSearchParams(query)], xml: xml.trim() }
}
