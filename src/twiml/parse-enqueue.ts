import type { Attributes } from './attributes.js'
import { DocumentProblem } from './document-error.js'
import type { Enqueue } from './instruction.js'
import type { XmlElement } from './xml.js'

/** As the contract has it (2B.3 Enqueue). */
const nameLengthMax = 64

export function parseEnqueue(element: XmlElement, attributes: Attributes): Enqueue {
  const name = element.text.trim()
  if (name === '' || name.length > nameLengthMax) {
    const why = `must name a queue with 1 to ${nameLengthMax} characters`
    throw new DocumentProblem(14204, `<Enqueue> ${why}`, element.line)
  }
  return {
    verb: 'Enqueue',
    name,
    action: attributes.url('action'),
    method: attributes.method('method'),
    waitUrl: attributes.text('waitUrl')?.trim(),
    waitMethod: attributes.method('waitUrlMethod'),
    sizeMax: attributes.integer('maxQueueSize'),
    parameterNames: attributes.names('paramNames'),
  }
}
