import type { Call } from '../call/call.js'
import type { MediaHub } from '../call/media-hub.js'
import type { PreparedPrompt } from '../verbs/leg.js'

export interface PlayOptions {
  readonly offsetMs: number
  readonly loops: number
}

/** Plays to the other side of a call. */
export function playOn(
  call: Call,
  { promptId, stream }: PreparedPrompt,
  options: PlayOptions,
  signal: AbortSignal,
): Promise<void> {
  if (!stream) return call.audio.play(promptId, options, signal)
  return call.audio.stream(stream.sampleRateHz, stream.reader(options), signal)
}

/** Plays into a mixer: all its members hear it. */
export function playInto(
  mixerId: number,
  { promptId, stream }: PreparedPrompt,
  options: PlayOptions,
  hub: MediaHub,
  signal: AbortSignal,
): Promise<void> {
  const where = { endpointId: mixerId, ofMixer: true }
  if (!stream) {
    return hub.play(
      (playerId) => ({ type: 'play', playerId, ...where, promptId, ...options }),
      signal,
    )
  }
  const { sampleRateHz } = stream
  return hub.stream(
    (playerId) => ({ type: 'stream', playerId, ...where, sampleRateHz }),
    stream.reader(options),
    signal,
  )
}
