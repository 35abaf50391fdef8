import { loopsMax, type Play } from '../twiml/instruction.js'
import { playPrompt } from './play-prompt.js'
import { goOn, type Verb } from './verb.js'

export const play: Verb<Play> = async (instruction, state, leg, signal) => {
  const loops = instruction.loop === 0 ? loopsMax : instruction.loop
  if (instruction.digits !== undefined) {
    await leg.answer(signal)
    for (let round = Number(state.rounds ?? 0); round < loops; round++) {
      await leg.sendDigits(instruction.digits, signal)
      await leg.checkpoint({ rounds: round + 1 })
    }
  }
  if (instruction.url === undefined) return goOn
  const prompt = await leg.prompts.sound(instruction.url, leg.documentUrl, signal)
  try {
    await leg.answer(signal)
    await playPrompt(prompt, loops, Number(state.playedMs ?? 0), leg, signal, (playedMs) =>
      leg.save({ ...state, playedMs }),
    )
  } finally {
    prompt.release()
  }
  return goOn
}
