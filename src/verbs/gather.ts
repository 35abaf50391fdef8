import type { Gather, Prompt } from '../twiml/instruction.js'
import { loopsMax } from '../twiml/instruction.js'
import type { DigitCollector, PreparedPrompt, ProgramLeg } from './leg.js'
import { playPrompt } from './play-prompt.js'
import { speak } from './speak.js'
import { goOn, type Next, type Verb } from './verb.js'

interface Prepared {
  readonly prompt: Prompt
  readonly audio: PreparedPrompt | undefined
}

interface Progress {
  /** Prompts played whole; all of them once a key was pressed. */
  promptIndex: number
  /** Of the prompt that is played, if it is a Say. */
  sentences: number
  playedMs: number
  digits: string
}

interface Input {
  readonly digits: string
  /** The key that ended it. */
  readonly finishKey: string | undefined
}

/** Collects digits while nested prompts play; the first key silences them (contract 2B.3, 2H 7-10). */
export const gather: Verb<Gather> = async (instruction, state, leg, signal) => {
  await leg.answer(signal)
  const progress: Progress = {
    promptIndex: Number(state.promptIndex ?? 0),
    sentences: Number(state.sentences ?? 0),
    playedMs: Number(state.playedMs ?? 0),
    digits: String(state.digits ?? ''),
  }
  // Keys count from here on, also while prompts are fetched.
  const collector = leg.collect()
  let prepared: readonly Prepared[] = []
  try {
    prepared = await prepare(instruction.prompts, leg, signal)
    // Keys are no input of a Gather that takes speech alone.
    const keys = instruction.input.includes('dtmf') ? collector : undefined
    if (progress.digits === '') await playPrompts(prepared, keys, progress, leg, signal)
    if (keys)
      return outcome(instruction, await collectDigits(instruction, keys, progress, leg, signal))
    // Without a speech engine nothing is heard: the timeout passes.
    await leg.clock.sleep(instruction.timeoutMs, signal)
    return outcome(instruction, { digits: '', finishKey: undefined })
  } finally {
    collector.close()
    for (const { audio } of prepared) audio?.release()
  }
}

/** Everything is fetched before the first prompt starts (contract 2H 9). */
async function prepare(
  prompts: readonly Prompt[],
  leg: ProgramLeg,
  signal: AbortSignal,
): Promise<Prepared[]> {
  const settled = await Promise.allSettled(
    prompts.map(async (prompt): Promise<Prepared> => {
      if (prompt.verb === 'Pause') return { prompt, audio: undefined }
      if (prompt.verb === 'Say') {
        // The first sentence; the others are made while it is heard.
        const [first] = prompt.sentences
        const audio = first && (await leg.prompts.speech(first, prompt, signal))
        return { prompt, audio }
      }
      if (prompt.url === undefined) return { prompt, audio: undefined }
      return { prompt, audio: await leg.prompts.sound(prompt.url, leg.documentUrl, signal) }
    }),
  )
  const failed = settled.find((one) => one.status === 'rejected')
  const prepared = settled.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))
  if (failed) {
    for (const { audio } of prepared) audio?.release()
    throw failed.reason
  }
  return prepared
}

async function playPrompts(
  prepared: readonly Prepared[],
  keys: DigitCollector | undefined,
  progress: Progress,
  leg: ProgramLeg,
  signal: AbortSignal,
): Promise<void> {
  const barge = new AbortController()
  const until = AbortSignal.any([signal, barge.signal])
  const over = new AbortController()
  const listening = keys?.started(AbortSignal.any([signal, over.signal])).then(
    () => barge.abort(),
    () => {},
  )
  try {
    for (let index = progress.promptIndex; index < prepared.length; index++) {
      progress.promptIndex = index
      leg.save({ ...progress })
      await playOne(prepared[index] as Prepared, progress, leg, until)
      progress.sentences = 0
      progress.playedMs = 0
    }
  } catch (error) {
    if (signal.aborted || !barge.signal.aborted) throw error
  } finally {
    over.abort()
    await listening
  }
  progress.promptIndex = prepared.length
}

async function playOne(
  { prompt, audio }: Prepared,
  progress: Progress,
  leg: ProgramLeg,
  signal: AbortSignal,
): Promise<void> {
  if (prompt.verb === 'Pause') {
    await leg.clock.sleep(Math.max(0, prompt.lengthMs - progress.playedMs), signal)
    return
  }
  if (prompt.verb === 'Say') {
    if (prompt.sentences.length === 0) return
    await speak(prompt, progress, leg, signal, (soFar) => {
      Object.assign(progress, soFar)
      leg.save({ ...progress })
    })
    return
  }
  if (!audio) return
  const loops = prompt.loop === 0 ? loopsMax : prompt.loop
  await playPrompt(audio, loops, progress.playedMs, leg, signal, (playedMs) => {
    progress.playedMs = playedMs
    leg.save({ ...progress })
  })
}

async function collectDigits(
  instruction: Gather,
  collector: DigitCollector,
  progress: Progress,
  leg: ProgramLeg,
  signal: AbortSignal,
): Promise<Input> {
  const { finishOnKey, numDigits, timeoutMs } = instruction
  const digitsMax = Math.min(numDigits, 1000)
  while (progress.digits.length < digitsMax) {
    const digit = await collector.next(timeoutMs, signal)
    const finishKey = digit === finishOnKey ? digit : undefined
    if (digit === undefined || finishKey) return { digits: progress.digits, finishKey }
    progress.digits += digit
    leg.save({ ...progress })
  }
  return { digits: progress.digits, finishKey: undefined }
}

function outcome(instruction: Gather, { digits, finishKey }: Input): Next {
  if (digits === '' && !instruction.actionOnEmptyResult) return goOn
  return {
    type: 'fetch',
    url: instruction.action,
    method: instruction.method,
    parameters: [
      ['Digits', digits],
      ...(finishKey === undefined ? [] : [['FinishedOnKey', finishKey] as const]),
    ],
  }
}
