import { DocumentProblem } from './document-error.js'
import { JsonProblem, type JsonRecord, type JsonValue, parseJson } from './json-values.js'
import { elementLimits, type XmlElement } from './xml.js'

/**
 * Reads the JSON form of a document: `{"instructions": [{"verb": "Say", "voice": "alice", "text": "Hello"}]}`.
 * An element is an object: `verb` is its name, `text` the text in it, `children` what else is in it (elements,
 * and strings where text stands between them); every other field is an attribute: a string, number, boolean or
 * a list of words; null counts as absent. The result is the same tree as of XML, so all else is the same.
 * Throws DocumentProblem 12100.
 */
export function parseJsonForm(source: string): XmlElement {
  try {
    const root = parseJson(source)
    if (!isRecord(root)) throw new JsonProblem('the root must be an object', 1)
    const [name, ...others] = root.fields.keys()
    const instructions = root.fields.get('instructions')
    if (name !== 'instructions' || others.length > 0 || !Array.isArray(instructions)) {
      throw new JsonProblem('the root must hold "instructions" and nothing else', root.line)
    }
    const builder = new Builder()
    const children = instructions.map((one) => builder.element(one, root.line, 1))
    return builtOf('Response', new Map(), children, root.line)
  } catch (error) {
    if (!(error instanceof JsonProblem)) throw error
    throw new DocumentProblem(12100, `Document parse failure: ${error.message}`, error.line)
  }
}

class Builder {
  #elements = 0

  element(value: JsonValue, parentLine: number, depth: number): XmlElement {
    if (!isRecord(value)) throw new JsonProblem('an element must be an object', parentLine)
    const { fields, line } = value
    if (++this.#elements > elementLimits.elements) {
      throw new JsonProblem(`more than ${elementLimits.elements} elements`, line)
    }
    if (depth >= elementLimits.depth) {
      throw new JsonProblem(`nested deeper than ${elementLimits.depth} elements`, line)
    }
    const name = fields.get('verb')
    if (typeof name !== 'string') throw new JsonProblem('an element needs a "verb"', line)
    const text = fields.get('text') ?? null
    if (isRecord(text) || Array.isArray(text)) {
      throw new JsonProblem(`${name}: "text" must be a string`, line)
    }
    const children = fields.get('children') ?? []
    if (!Array.isArray(children)) throw new JsonProblem(`${name}: "children" must be a list`, line)
    const content = children.map((child) =>
      typeof child === 'string' ? child : this.element(child, line, depth + 1),
    )
    const all = text === null ? content : [String(text), ...content]
    return builtOf(name, attributesOf(name, value), all, line)
  }
}

function attributesOf(name: string, { fields, line }: JsonRecord): Map<string, string> {
  const attributes = new Map<string, string>()
  for (const [key, value] of fields) {
    if (['verb', 'text', 'children'].includes(key) || value === null) continue
    const words = Array.isArray(value) ? value : [value]
    if (words.some((word) => typeof word === 'object')) {
      throw new JsonProblem(`${name}: "${key}" must be a string, number, boolean or words`, line)
    }
    attributes.set(key, words.join(' '))
  }
  if (attributes.size > elementLimits.attributes) {
    throw new JsonProblem(`more than ${elementLimits.attributes} attributes`, line)
  }
  return attributes
}

function builtOf(
  name: string,
  attributes: ReadonlyMap<string, string>,
  content: (string | XmlElement)[],
  line: number,
): XmlElement {
  const children = content.filter((part) => typeof part !== 'string')
  const text = content.map((part) => (typeof part === 'string' ? part : part.text)).join('')
  return { name, attributes, children, content, text, line }
}

function isRecord(value: JsonValue): value is JsonRecord {
  return typeof value === 'object' && value !== null && 'fields' in value
}
