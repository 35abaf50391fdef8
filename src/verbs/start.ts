import { makeSid } from '../base/ids.js'
import type { Start } from '../twiml/instruction.js'
import { goOn, type Verb } from './verb.js'

/** Begins what goes on beside the document, and continues at once. */
export const start: Verb<Start> = async ({ recordings }, state, leg, signal) => {
  await leg.answer(signal)
  const known = Array.isArray(state.recordingSids) ? state.recordingSids.map(String) : undefined
  const recordingSids = known ?? recordings.map(() => makeSid('RE', leg.ids))
  if (!known) await leg.checkpoint({ recordingSids })
  for (const [index, recording] of recordings.entries()) {
    const recordingSid = recordingSids[index] as string
    await leg.startRecording({ ...recording, recordingSid, base: leg.documentUrl }, signal)
  }
  return goOn
}
