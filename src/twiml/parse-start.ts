import { Attributes, checkAttributes } from './attributes.js'
import { eventCallback } from './callbacks.js'
import { DocumentProblem, type DocumentWarning } from './document-error.js'
import type { Start, StartedRecording } from './instruction.js'
import { schemaOf } from './schema-verbs.js'
import type { XmlElement } from './xml.js'

export function parseStart(
  element: XmlElement,
  _attributes: Attributes,
  warnings: DocumentWarning[],
): Start {
  const recordings = element.children.map((child) => recordingOf(child, warnings))
  if (recordings.length === 0) {
    throw new DocumentProblem(12200, '<Start> must hold what is to be started', element.line)
  }
  return { verb: 'Start', recordings }
}

function recordingOf(element: XmlElement, warnings: DocumentWarning[]): StartedRecording {
  const { name, line } = element
  const schema = name === 'Recording' ? schemaOf(name) : undefined
  if (!schema) {
    throw new DocumentProblem(12200, `<Start>: <${name}> is not supported by this version`, line)
  }
  checkAttributes(element, schema, warnings)
  const attributes = new Attributes(element, schema)
  return {
    isDual: attributes.oneOf('channels') === 'dual',
    track: (attributes.oneOf('track') ?? 'both') as StartedRecording['track'],
    trimSilence: attributes.oneOf('trim') === 'trim-silence',
    statusCallback: eventCallback(attributes, 'recordingStatusCallback'),
  }
}
