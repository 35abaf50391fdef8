import { whenAborted } from '../base/abort.js'
import type { Call } from './call.js'
import type { Callback } from './call-record.js'
import type { RunProgram } from './program.js'
import type { QueueMember } from './queue-member.js'
import type { Queues, Taken } from './queues.js'
import type { RecordingOutcome } from './recording.js'
import { playRingTone } from './ring-tones.js'
import { type OtherParty, type TalkSettings, talk } from './talk.js'
import { TalkRecorder, type TalkRecording } from './talk-recorder.js'

export interface QueueDialSettings extends TalkSettings {
  readonly name: string
  /** How long to wait for somebody to come. */
  readonly timeoutMs: number
  /** What the queued caller hears before it is connected. */
  readonly whisper: Callback | undefined
  readonly ringTone?: string | undefined
  readonly recording?: TalkRecording | undefined
}

export interface QueueDialOutcome {
  readonly status: 'completed' | 'no-answer' | 'canceled'
  readonly bridged: boolean
  readonly durationMs: number
  /** Who was taken from the queue; undefined: nobody came. */
  readonly member?: { readonly callSid: string; readonly queueSid: string; readonly waitMs: number }
  readonly referredTo?: string | undefined
  readonly recording?: RecordingOutcome | undefined
}

export interface QueueDialWorld {
  readonly queues: Queues
  readonly runProgram: RunProgram
}

/** Connects a caller with the first who waits in a queue; waits for one to come if nobody is there. */
export async function dialQueue(
  caller: Call,
  settings: QueueDialSettings,
  world: QueueDialWorld,
  signal: AbortSignal,
): Promise<QueueDialOutcome> {
  const { clock } = caller.ports
  const deadlineMs = clock.monotonicMs() + settings.timeoutMs
  for (;;) {
    const taken = await next(caller, settings, deadlineMs, world.queues, signal)
    if (!taken) {
      return { status: signal.aborted ? 'canceled' : 'no-answer', bridged: false, durationMs: 0 }
    }
    const outcome = await connect(caller, taken, settings, world, signal)
    if (outcome.bridged || signal.aborted) return outcome
  }
}

/** Rings, as the caller waits for somebody to be there. */
async function next(
  caller: Call,
  { name, ringTone = 'us' }: QueueDialSettings,
  deadlineMs: number,
  queues: Queues,
  signal: AbortSignal,
): Promise<Taken | undefined> {
  const { clock } = caller.ports
  const over = new AbortController()
  const tooLate = new AbortController()
  const patience = clock.sleep(Math.max(0, deadlineMs - clock.monotonicMs()), over.signal).then(
    () => tooLate.abort(),
    () => {},
  )
  const until = AbortSignal.any([signal, tooLate.signal])
  const ringing = playRingTone(
    caller.audio,
    ringTone,
    AbortSignal.any([signal, over.signal]),
  ).catch(() => {})
  try {
    return await queues.take(caller.record.accountSid, name, until)
  } finally {
    over.abort()
    await Promise.all([patience, ringing])
  }
}

async function connect(
  caller: Call,
  { queue, member }: Taken,
  settings: QueueDialSettings,
  { runProgram }: QueueDialWorld,
  signal: AbortSignal,
): Promise<QueueDialOutcome> {
  const { clock } = caller.ports
  const recorder = settings.recording && new TalkRecorder(caller, settings.recording)
  const waitMs = clock.nowMs() - member.enqueuedMs
  const queueSid = queue.record.sid
  let isHeld = true
  // Once: afterwards it may be another's.
  const letGo = () => {
    if (isHeld) member.release()
    isHeld = false
  }
  signal.addEventListener('abort', letGo, { once: true })
  try {
    const { whisper } = settings
    if (whisper && !member.goneSignal.aborted) {
      const parameters = [
        ['QueueSid', queueSid],
        ['QueueTime', String(Math.floor(waitMs / 1000))],
        ['DequeingCallSid', caller.sid],
      ] as const
      const until = AbortSignal.any([signal, member.goneSignal])
      await runProgram(member.call, { type: 'url', ...whisper, parameters }, until, 'screening')
    }
    const isThere = !signal.aborted && !member.goneSignal.aborted
    if (isThere) member.bridged(clock.nowMs())
    const startMs = clock.nowMs()
    const { bridged, referredTo } = isThere
      ? await talk(caller, partyOf(member), settings, recorder, signal)
      : { bridged: false, referredTo: undefined }
    return {
      status: bridged ? 'completed' : 'canceled',
      bridged,
      durationMs: bridged ? clock.nowMs() - startMs : 0,
      member: { callSid: member.call.sid, queueSid, waitMs },
      referredTo,
      recording: await recorder?.end(),
    }
  } finally {
    signal.removeEventListener('abort', letGo)
    letGo()
    await recorder?.end()
  }
}

function partyOf(member: QueueMember): OtherParty {
  const { call, goneSignal } = member
  // It goes on with its own program when it is let go.
  return { call, goneSignal, gone: whenAborted(goneSignal), part: () => member.release() }
}
