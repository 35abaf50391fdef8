import type { Logger } from 'pino'
import { wavSound } from '../media/files/wav.js'
import { EspeakProvider, isEspeakInstalled } from '../speech/espeak-provider.js'
import type { SpeechProvider } from '../speech/speech.js'
import { findProgram, SystemProvider } from '../speech/system-provider.js'

/** The embedded engine, else one that is installed on the machine, else none with a warning. */
export function chooseSpeech(log: Logger): SpeechProvider | undefined {
  if (isEspeakInstalled()) return new EspeakProvider()
  const path = findProgram('espeak-ng', process.env.PATH ?? '')
  if (path !== undefined) return new SystemProvider(path, wavSound)
  log.warn('No text-to-speech engine: <Say> will fail. Run npm install, or install espeak-ng')
  return undefined
}
