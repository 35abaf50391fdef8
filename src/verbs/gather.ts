import type { Gather, Prompt } from '../twiml/instruction.js'
import { loopsMax } from '../twiml/instruction.js'
import type { DigitCollector, PreparedPrompt, ProgramLeg } from './leg.js'
import { playPrompt } from './play-prompt.js'
import { goOn, type Next, type Verb } from './verb.js'

interface Prepared {
  readonly prompt: Prompt
  readonly audio: PreparedPrompt | undefined
}

interface Progress {
  /** Prompts played whole; all of them once a key was pressed. */
  promptIndex: number
  playedMs: number
  digits: string
}

/** Collects digits while nested prompts play; the first key silences them (contract 2B.3, 2H 7-10). */
export const gather: Verb<Gather> = async (instruction, state, leg, signal) => {
  await leg.answer(signal)
  const progress: Progress = {
    promptIndex: Number(state.promptIndex ?? 0),
    playedMs: Number(state.playedMs ?? 0),
    digits: String(state.digits ?? ''),
  }
  // Keys count from here on, also while prompts are fetched.
  const collector = leg.collect()
  let prepared: readonly Prepared[] = []
  try {
    prepared = await prepare(instruction.prompts, leg, signal)
    if (progress.digits === '') await playPrompts(prepared, collector, progress, leg, signal)
    const finished = await collectDigits(instruction, collector, progress, leg, signal)
    return outcome(instruction, finished)
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
        if (prompt.text === '') return { prompt, audio: undefined }
        return { prompt, audio: await leg.prompts.speech(prompt.text, prompt, signal) }
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
  collector: DigitCollector,
  progress: Progress,
  leg: ProgramLeg,
  signal: AbortSignal,
): Promise<void> {
  const barge = new AbortController()
  const until = AbortSignal.any([signal, barge.signal])
  const over = new AbortController()
  const listening = collector.started(AbortSignal.any([signal, over.signal])).then(
    () => barge.abort(),
    () => {},
  )
  try {
    for (let index = progress.promptIndex; index < prepared.length; index++) {
      progress.promptIndex = index
      leg.save({ ...progress })
      await playOne(prepared[index] as Prepared, progress, leg, until)
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
): Promise<string> {
  const { finishOnKey, numDigits, timeoutMs } = instruction
  const digitsMax = Math.min(numDigits, 1000)
  while (instruction.input.includes('dtmf') && progress.digits.length < digitsMax) {
    const digit = await collector.next(timeoutMs, signal)
    if (digit === undefined || digit === finishOnKey) return progress.digits
    progress.digits += digit
    leg.save({ ...progress })
  }
  // Speech input without an engine hears nothing: the timeout passes and nothing was said.
  if (!instruction.input.includes('dtmf')) await leg.clock.sleep(timeoutMs, signal)
  return progress.digits
}

function outcome(instruction: Gather, digits: string): Next {
  if (digits === '' && !instruction.actionOnEmptyResult) return goOn
  return {
    type: 'fetch',
    url: instruction.action,
    method: instruction.method,
    parameters: [['Digits', digits]],
  }
}
