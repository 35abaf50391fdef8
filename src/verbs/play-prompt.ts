import type { PreparedPrompt, ProgramLeg } from './leg.js'

/** A resumed prompt repeats at most this much; oftener would cost more than the audio itself. */
const saveEveryMs = 5_000

/**
 * Plays a prompt in `loops` rounds (0: for ever), beginning after `playedMs` of it all, and calls
 * `save` with the time played every five seconds.
 */
export async function playPrompt(
  prompt: PreparedPrompt,
  loops: number,
  playedMs: number,
  leg: ProgramLeg,
  signal: AbortSignal,
  save: (playedMs: number) => void,
): Promise<void> {
  if (prompt.durationMs === 0) return
  const roundsDone = Math.floor(playedMs / prompt.durationMs)
  if (loops > 0 && roundsDone >= loops) return
  const done = new AbortController()
  const options = {
    offsetMs: playedMs % prompt.durationMs,
    loops: loops === 0 ? 0 : loops - roundsDone,
  }
  const playing = leg.play(prompt, options, signal).finally(() => done.abort())
  await Promise.all([playing, saveProgress(leg, playedMs, done.signal, save)])
}

/** Calls `save` every five seconds until `done`. */
export async function saveProgress(
  leg: ProgramLeg,
  playedMs: number,
  done: AbortSignal,
  save: (playedMs: number) => void,
): Promise<void> {
  const startMs = leg.clock.monotonicMs()
  while (!done.aborted) {
    try {
      await leg.clock.sleep(saveEveryMs, done)
    } catch {
      return
    }
    save(playedMs + Math.round(leg.clock.monotonicMs() - startMs))
  }
}
