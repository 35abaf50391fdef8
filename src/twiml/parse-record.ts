import type { Attributes } from './attributes.js'
import type { DocumentWarning } from './document-error.js'
import type { Record } from './instruction.js'
import type { XmlElement } from './xml.js'

const anyKey = '1234567890*#'
const maxLengthSecondsNormal = 3_600
/** A transcription takes no more (contract 2B.3). */
const maxLengthSecondsTranscribed = 120

export function parseRecord(
  { line }: XmlElement,
  attributes: Attributes,
  warnings: DocumentWarning[],
): Record {
  const transcribeCallback = attributes.url('transcribeCallback')
  const transcribe = attributes.boolean('transcribe')
  const finishOnKey = attributes.text('finishOnKey') ?? anyKey
  const areKeys = /^[0-9*#]*$/.test(finishOnKey)
  if (!areKeys) {
    const message = `<Record>: finishOnKey="${finishOnKey}" may hold 0-9 # *; any key finishes`
    warnings.push({ errorCode: 12200, message, line })
  }
  const normalSeconds = transcribe ? maxLengthSecondsTranscribed : maxLengthSecondsNormal
  return {
    verb: 'Record',
    action: attributes.url('action'),
    method: attributes.method('method'),
    timeoutMs: attributes.milliseconds('timeout'),
    finishOnKey: areKeys ? finishOnKey : anyKey,
    maxLengthMs: attributes.milliseconds('maxLength', normalSeconds),
    playBeep: attributes.boolean('playBeep'),
    trimSilence: attributes.oneOf('trim') === 'trim-silence',
    recordingStatusCallback: attributes.url('recordingStatusCallback'),
    recordingStatusCallbackMethod: attributes.method('recordingStatusCallbackMethod'),
    recordingStatusCallbackEvents: attributes.words('recordingStatusCallbackEvent'),
    transcribeCallback: transcribe ? transcribeCallback : undefined,
  }
}
