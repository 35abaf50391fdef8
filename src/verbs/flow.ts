import type { Hangup, Redirect, Reject } from '../twiml/instruction.js'
import type { Verb } from './verb.js'

export const redirect: Verb<Redirect> = async (instruction) => ({
  type: 'fetch',
  url: instruction.url,
  method: instruction.method,
  parameters: [],
})

/** Only Reject refuses: a caller whose first instruction is to hang up is answered (contract 2B.3). */
export const hangup: Verb<Hangup> = async (_instruction, _state, leg, signal) => {
  await leg.answer(signal)
  return { type: 'hangUp' }
}

/** Refuses the call when nothing has answered it yet; later it is a hang-up (contract 2H 16). */
export const reject: Verb<Reject> = async (instruction, _state, leg) => {
  if (!leg.isAnswered) leg.reject(instruction.reason)
  return { type: 'hangUp' }
}
