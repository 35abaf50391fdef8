import type { Attributes } from './attributes.js'
import { DocumentProblem, type DocumentWarning } from './document-error.js'
import type { Message, Sms } from './instruction.js'
import type { XmlElement } from './xml.js'

const bodyCharactersMax = 1_600
const mediaMax = 10

/** The text stands in the element itself. */
export function parseSms(element: XmlElement, attributes: Attributes): Sms {
  return {
    verb: 'Sms',
    ...settingsOf(attributes),
    body: bodyOf(element.text, element),
    mediaUrls: [],
  }
}

/** The text stands in the element itself or in Body; each Media holds a URL. */
export function parseMessage(
  element: XmlElement,
  attributes: Attributes,
  _warnings: DocumentWarning[],
): Message {
  const inside = (name: string) =>
    element.children.filter((child) => child.name === name).map(({ text }) => text.trim())
  const own = element.content.filter((part) => typeof part === 'string').join('')
  const mediaUrls = inside('Media').filter((url) => url !== '')
  if (mediaUrls.length > mediaMax) {
    throw new DocumentProblem(21623, `<Message> may have ${mediaMax} Media`, element.line)
  }
  const text = inside('Body').join(' ') || own
  const body = mediaUrls.length > 0 ? text.trim() : bodyOf(text, element)
  return { verb: 'Message', ...settingsOf(attributes), body, mediaUrls }
}

function settingsOf(attributes: Attributes) {
  return {
    to: attributes.url('to'),
    from: attributes.url('from'),
    action: attributes.url('action'),
    method: attributes.method('method'),
    statusCallback: attributes.url('statusCallback'),
  }
}

function bodyOf(text: string, { name, line }: XmlElement): string {
  const body = text.trim()
  if (body === '') throw new DocumentProblem(21602, `<${name}> has no text`, line)
  if (body.length > bodyCharactersMax) {
    throw new DocumentProblem(
      21617,
      `<${name}> is longer than ${bodyCharactersMax} characters`,
      line,
    )
  }
  return body
}
