import type { Attributes } from './attributes.js'
import { DocumentProblem, type DocumentWarning } from './document-error.js'
import type { Gather, Instruction, Prompt } from './instruction.js'
import type { XmlElement } from './xml.js'

type ParseVerb = (element: XmlElement, warnings: DocumentWarning[]) => Instruction

/** Of what a speech engine may be told to expect (contract 2B.3). */
const hintsMax = 500
const hintCharactersMax = 100

/** `parseVerb` reads the nested prompts. */
export function parseGather(
  element: XmlElement,
  attributes: Attributes,
  warnings: DocumentWarning[],
  parseVerb: ParseVerb,
): Gather {
  const warn = (message: string) =>
    warnings.push({ errorCode: 12200, message: `<Gather>: ${message}`, line: element.line })
  if (!areHints(attributes.text('hints') ?? '')) {
    warn(`hints may have ${hintsMax} entries of ${hintCharactersMax} characters`)
  }
  const prompts = element.children.map((child) => promptOf(child, warnings, parseVerb))
  if (prompts.some((prompt) => prompt.verb === 'Play' && prompt.digits !== undefined)) {
    warn('digits of a Play in it are not sent')
  }
  return {
    verb: 'Gather',
    input: attributes.words('input') as Gather['input'],
    action: attributes.url('action'),
    method: attributes.method('method'),
    timeoutMs: attributes.milliseconds('timeout'),
    finishOnKey: attributes.keys('finishOnKey'),
    numDigits: attributes.integer('numDigits') ?? Number.POSITIVE_INFINITY,
    actionOnEmptyResult: attributes.boolean('actionOnEmptyResult'),
    parameterNames: attributes.names('paramNames'),
    prompts,
  }
}

function promptOf(child: XmlElement, warnings: DocumentWarning[], parseVerb: ParseVerb): Prompt {
  if (['Say', 'Play', 'Pause'].includes(child.name)) return parseVerb(child, warnings) as Prompt
  throw new DocumentProblem(
    12200,
    `<Gather> may hold Say, Play and Pause, not <${child.name}>`,
    child.line,
  )
}

function areHints(text: string): boolean {
  const hints = text.split(',')
  return hints.length <= hintsMax && hints.every((hint) => hint.trim().length <= hintCharactersMax)
}
