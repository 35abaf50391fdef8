import { fail, ok, type Result } from '../base/result.js'
import { type DocumentError, DocumentProblem, type DocumentWarning } from './document-error.js'
import type { Instruction } from './instruction.js'
import { parseJsonForm } from './json-form.js'
import { parseVerb } from './parse-verb.js'
import { plainSentences } from './spoken.js'
import { parseXml, type XmlElement } from './xml.js'

export interface Program {
  readonly instructions: readonly Instruction[]
  readonly warnings: readonly DocumentWarning[]
}

/** An application's answer: `body` is text, or for audio the reference under which it is kept. */
export interface AnswerDocument {
  readonly contentType: string
  readonly body: string
}

/**
 * Turns an answer into instructions; the media type decides (contract 2D): XML and HTML are TwiML, JSON is
 * its other form, audio is played, plain text is TwiML when it parses and is spoken otherwise.
 */
export function parseDocument(document: AnswerDocument): Result<Program, DocumentError> {
  const { contentType, body } = document
  if (contentType.startsWith('audio/')) {
    return plain({ verb: 'Play', url: body, digits: undefined, loop: 1 })
  }
  if (contentType === 'text/plain') {
    const program = parseTwiml(body)
    if (program.ok) return program
    const text = body.replace(/\s+/g, ' ').trim().slice(0, 4096)
    const sentences = plainSentences(text)
    return plain({ verb: 'Say', text, sentences, voice: undefined, language: undefined, loop: 1 })
  }
  if (/^(text\/(xml|html)|application\/xml|application\/[\w.-]+\+xml)$/.test(contentType)) {
    return parseTwiml(body)
  }
  if (contentType === 'application/json') return parseTree(() => parseJsonForm(body))
  return fail({
    errorCode: 12300,
    message: `Invalid Content-Type ${contentType === '' ? '(none)' : contentType}`,
  })
}

function parseTwiml(body: string): Result<Program, DocumentError> {
  return parseTree(() => parseXml(body))
}

function parseTree(parse: () => XmlElement): Result<Program, DocumentError> {
  const warnings: DocumentWarning[] = []
  try {
    const root = parse()
    if (root.name !== 'Response') {
      throw new DocumentProblem(12100, `The root must be <Response>, not <${root.name}>`, root.line)
    }
    const instructions = root.children.map((element) => parseVerb(element, warnings))
    return ok({ instructions, warnings })
  } catch (error) {
    if (!(error instanceof DocumentProblem)) throw error
    const { errorCode, message, line } = error
    return fail(line === undefined ? { errorCode, message } : { errorCode, message, line })
  }
}

function plain(instruction: Instruction): Result<Program, DocumentError> {
  return ok({ instructions: [instruction], warnings: [] })
}
