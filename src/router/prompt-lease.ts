import { untilAborted } from '../call/media-hub.js'
import type { PreparedPrompt } from '../verbs/leg.js'

/** Others may wait for the same prompt, so it is made all the same when this call ends. */
export async function whileLive(
  making: Promise<PreparedPrompt>,
  signal: AbortSignal,
): Promise<PreparedPrompt> {
  try {
    return await untilAborted(making, signal)
  } catch (error) {
    making.then(
      (prompt) => prompt.release(),
      () => {},
    )
    throw error
  }
}
