import { loopsMax, type Say } from '../twiml/instruction.js'
import { playPrompt } from './play-prompt.js'
import { goOn, type Verb } from './verb.js'

export const say: Verb<Say> = async (instruction, state, leg, signal) => {
  if (instruction.text === '') return goOn
  const prompt = await leg.prompts.speech(instruction.text, instruction, signal)
  try {
    await leg.answer(signal)
    const loops = instruction.loop === 0 ? loopsMax : instruction.loop
    await playPrompt(prompt, loops, Number(state.playedMs ?? 0), leg, signal, (playedMs) =>
      leg.save({ playedMs }),
    )
  } finally {
    prompt.release()
  }
  return goOn
}
