import type { Say } from '../twiml/instruction.js'
import { speak } from './speak.js'
import { goOn, type Verb } from './verb.js'

export const say: Verb<Say> = async (instruction, state, leg, signal) => {
  if (instruction.sentences.length === 0) return goOn
  const from = { sentences: Number(state.sentences ?? 0), playedMs: Number(state.playedMs ?? 0) }
  await speak(instruction, from, leg, signal, (soFar) => leg.save({ ...soFar }))
  return goOn
}
