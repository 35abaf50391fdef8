import type { Pause } from '../twiml/instruction.js'
import { goOn, type Verb } from './verb.js'

/** As the first verb it delays the answer (contract 2H 15). */
export const pause: Verb<Pause> = async (instruction, state, leg, signal) => {
  if (!leg.isAnswered) leg.ring()
  const untilMs = Number(state.untilMs ?? leg.clock.nowMs() + instruction.lengthMs)
  leg.save({ untilMs })
  await leg.clock.sleep(Math.max(0, untilMs - leg.clock.nowMs()), signal)
  return goOn
}
