import { loopsMax, type Say, type Sentence } from '../twiml/instruction.js'
import type { PreparedPrompt, ProgramLeg } from './leg.js'
import { playPrompt, saveProgress } from './play-prompt.js'

/** How far a text has been spoken. */
export interface SpokenSoFar {
  /** Sentences spoken whole, in all rounds. */
  readonly sentences: number
  /** Of the one that is spoken now. */
  readonly playedMs: number
}

/**
 * Speaks sentence after sentence without a gap: while one is heard the next waits at the leg and the one
 * after it is made. `save` is told of each sentence that begins, and of the time now and then.
 */
export async function speak(
  say: Say,
  from: SpokenSoFar,
  leg: ProgramLeg,
  signal: AbortSignal,
  save: (soFar: SpokenSoFar) => void,
): Promise<void> {
  const { sentences } = say
  const loops = say.loop === 0 ? loopsMax : say.loop
  const [only] = sentences
  if (sentences.length === 1 && only) {
    const prompt = await leg.prompts.speech(only, say, signal)
    try {
      await leg.answer(signal)
      const playedMs = from.sentences * prompt.durationMs + from.playedMs
      await playPrompt(prompt, loops, playedMs, leg, signal, (playedMs) =>
        save({ sentences: 0, playedMs }),
      )
    } finally {
      prompt.release()
    }
    return
  }
  const stop = new AbortController()
  const until = AbortSignal.any([signal, stop.signal])
  try {
    await speakAll(say, sentences.length * loops, from, leg, until, save)
  } finally {
    stop.abort(new Error('the sentences before it have failed'))
  }
}

async function speakAll(
  say: Say,
  count: number,
  from: SpokenSoFar,
  leg: ProgramLeg,
  signal: AbortSignal,
  save: (soFar: SpokenSoFar) => void,
): Promise<void> {
  const made = (index: number) => {
    const sentence = say.sentences[index % say.sentences.length] as Sentence
    const making = leg.prompts.speech(sentence, say, signal)
    // Who awaits it hears of it; until then it is nobody's.
    making.catch(() => {})
    return making
  }
  let before: Promise<void> = Promise.resolve()
  let next: Promise<PreparedPrompt> | undefined = made(from.sentences)
  try {
    for (let index = from.sentences; index < count; index++) {
      const prompt: PreparedPrompt = await (next as Promise<PreparedPrompt>)
      next = index + 1 < count ? made(index + 1) : undefined
      await leg.answer(signal)
      const offsetMs = index === from.sentences ? from.playedMs : 0
      const previous = before
      before = played(prompt, offsetMs, leg, signal, previous, (playedMs) =>
        save({ sentences: index, playedMs }),
      )
      before.catch(() => {})
      // At most two are at the leg.
      await previous
    }
    await before
  } finally {
    next?.then(
      (prompt) => prompt.release(),
      () => {},
    )
  }
}

/** One sentence, which is heard when the one before it is over. */
async function played(
  prompt: PreparedPrompt,
  offsetMs: number,
  leg: ProgramLeg,
  signal: AbortSignal,
  previous: Promise<void>,
  save: (playedMs: number) => void,
): Promise<void> {
  const done = new AbortController()
  try {
    const playing = leg.play(prompt, { offsetMs, loops: 1 }, signal).finally(() => done.abort())
    const saving = previous.then(
      () => {
        save(offsetMs)
        return saveProgress(leg, offsetMs, done.signal, save)
      },
      () => {},
    )
    await Promise.all([playing, saving])
  } finally {
    prompt.release()
  }
}
