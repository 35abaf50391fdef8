import { type SaxesAttributeNSIncomplete, type SaxesAttributePlain, SaxesParser } from 'saxes'
import { DocumentProblem } from './document-error.js'

export interface XmlElement {
  readonly name: string
  readonly attributes: ReadonlyMap<string, string>
  readonly children: XmlElement[]
  /** Text and children in document order. */
  readonly content: (string | XmlElement)[]
  /** Text of the element and all below it, in document order, not trimmed. */
  text: string
  readonly line: number
}

/** Of a document in any form. */
export const elementLimits = { depth: 16, elements: 2_000, attributes: 64 }

/**
 * Parses a document into a tree. No DTD, so no entities beyond the five of XML; bounded depth and
 * number of elements; white space before the declaration is forgiven. Throws DocumentProblem 12100.
 */
export function parseXml(source: string): XmlElement {
  const parser = new SaxesParser({ position: true })
  const open: XmlElement[] = []
  let root: XmlElement | undefined
  let elements = 0
  const stop = (message: string): never => {
    throw new DocumentProblem(12100, `Document parse failure: ${message}`, parser.line)
  }
  parser.on('error', (error) => stop(error.message))
  parser.on('doctype', () => stop('a document type declaration is not allowed'))
  parser.on('opentag', (tag) => {
    if (++elements > elementLimits.elements) stop(`more than ${elementLimits.elements} elements`)
    if (open.length >= elementLimits.depth)
      stop(`nested deeper than ${elementLimits.depth} elements`)
    const element: XmlElement = {
      name: tag.name,
      attributes: attributesOf(tag.attributes, stop),
      children: [],
      content: [],
      text: '',
      line: parser.line,
    }
    const parent = open.at(-1)
    parent?.children.push(element)
    parent?.content.push(element)
    root ??= element
    open.push(element)
  })
  parser.on('closetag', () => {
    const closed = open.pop()
    const parent = open.at(-1)
    if (closed && parent) parent.text += closed.text
  })
  const addText = (text: string) => {
    const element = open.at(-1)
    if (!element) return
    element.text += text
    element.content.push(text)
  }
  parser.on('text', addText)
  parser.on('cdata', addText)
  parser.write(source.replace(/^[\uFEFF\s]+/, '')).close()
  return root ?? stop('no element')
}

function attributesOf(
  attributes: { [name: string]: string | SaxesAttributePlain | SaxesAttributeNSIncomplete },
  stop: (message: string) => never,
): Map<string, string> {
  const entries = Object.entries(attributes)
  if (entries.length > elementLimits.attributes)
    stop(`more than ${elementLimits.attributes} attributes`)
  return new Map(entries.map(([name, value]) => [name, String(value)]))
}
