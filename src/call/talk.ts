import type { Call } from './call.js'
import type { TalkRecorder } from './talk-recorder.js'
import { allowTransfers, forbidTransfers, type TransferRule, type TransferUrl } from './transfer.js'

export interface TalkSettings {
  readonly timeLimitMs: number
  /** The caller may end the conversation by a star. */
  readonly hangupOnStar: boolean
  /** What a REFER of either side leads to; undefined: it is refused. */
  readonly transfer?: TransferUrl | TransferRule | undefined
}

/** Who a caller talks to. */
export interface OtherParty {
  readonly call: Call
  /** Aborts when it can no longer be talked to. */
  readonly goneSignal: AbortSignal
  /** Resolves when it is no longer in this conversation. */
  readonly gone: Promise<undefined>
  /** Ends the conversation for it. */
  part(): void
}

export interface Talk {
  /** False: one was gone before they were connected. */
  readonly bridged: boolean
  /** The party that who was dialled wants for the caller, and has left for it. */
  readonly referredTo: string | undefined
}

/** Connects a caller with another party until one is gone, or has transferred the other. */
export async function talk(
  caller: Call,
  other: OtherParty,
  settings: TalkSettings,
  recorder: TalkRecorder | undefined,
  signal: AbortSignal,
): Promise<Talk> {
  let bridged = false
  const over = new AbortController()
  const until = AbortSignal.any([signal, over.signal, other.goneSignal])
  const stars = settings.hangupOnStar ? partOnStar(caller, other, until) : Promise.resolve()
  const limit = caller.ports.clock.sleep(settings.timeLimitMs, until).then(
    () => other.part(),
    () => {},
  )
  try {
    await caller.answer(signal)
    await caller.audio.bridge(other.call.audio)
    bridged = true
    recorder?.begin('answer', other.call)
    const transferred = allowTransfers(caller, other.call, settings.transfer)
    const referredTo = await Promise.race([other.gone, transferred])
    if (referredTo !== undefined) other.part()
    return { bridged, referredTo }
  } catch (error) {
    if (!until.aborted) throw error
    return { bridged, referredTo: undefined }
  } finally {
    forbidTransfers(caller, other.call)
    over.abort()
    await Promise.all([stars, limit])
    await caller.audio.unbridge().catch(() => {})
  }
}

async function partOnStar(caller: Call, other: OtherParty, until: AbortSignal): Promise<void> {
  const digits = caller.audio.collect()
  try {
    while (!until.aborted) {
      if ((await digits.next(3_600_000, until)) === '*') other.part()
    }
  } catch {
    // The conversation is over.
  } finally {
    digits.close()
  }
}
