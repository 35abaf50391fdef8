import type { Echo } from '../twiml/instruction.js'
import type { Verb } from './verb.js'

/** Sends the caller its own sound back; only a hang-up or a redirect ends that (contract 2B.3). */
export const echo: Verb<Echo> = async (_instruction, _state, leg, signal) => {
  await leg.answer(signal)
  return leg.echo(signal)
}
