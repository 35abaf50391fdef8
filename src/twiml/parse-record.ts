import type { Attributes } from './attributes.js'
import type { Record } from './instruction.js'
import type { XmlElement } from './xml.js'

const maxLengthSecondsNormal = 3_600
/** A transcription takes no more (contract 2B.3). */
const maxLengthSecondsTranscribed = 120

export function parseRecord(_element: XmlElement, attributes: Attributes): Record {
  const transcribeCallback = attributes.url('transcribeCallback')
  const transcribe = attributes.boolean('transcribe')
  const normalSeconds = transcribe ? maxLengthSecondsTranscribed : maxLengthSecondsNormal
  return {
    verb: 'Record',
    action: attributes.url('action'),
    method: attributes.method('method'),
    timeoutMs: attributes.milliseconds('timeout'),
    finishOnKey: attributes.keys('finishOnKey'),
    maxLengthMs: attributes.milliseconds('maxLength', normalSeconds),
    playBeep: attributes.boolean('playBeep'),
    trimSilence: attributes.oneOf('trim') === 'trim-silence',
    recordingStatusCallback: attributes.url('recordingStatusCallback'),
    recordingStatusCallbackMethod: attributes.method('recordingStatusCallbackMethod'),
    recordingStatusCallbackEvents: attributes.words('recordingStatusCallbackEvent'),
    transcribeCallback: transcribe ? transcribeCallback : undefined,
    parameterNames: attributes.names('paramNames'),
  }
}
