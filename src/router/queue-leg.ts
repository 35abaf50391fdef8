import { whenAborted } from '../base/abort.js'
import type { Call } from '../call/call.js'
import { dialQueue } from '../call/dial-queue.js'
import type { RunProgram } from '../call/program.js'
import type { CallQueue } from '../call/queue.js'
import type { QueueMember } from '../call/queue-member.js'
import { type Queues, sizeMaxLimit, type Waiting } from '../call/queues.js'
import type {
  EnqueueOptions,
  EnqueueOutcome,
  Leg,
  QueueDialOptions,
  QueueDialOutcome,
} from '../verbs/leg.js'
import { startAt } from '../verbs/program-state.js'
import { type ProgramPorts, queueWaitVerbs, runProgram } from '../verbs/run.js'
import { talkRecordingOf } from './dial-leg.js'

type Resolve = (url: string, base: string | undefined) => string

interface EnqueueWorld {
  readonly queues: Queues
  /** Of the program of this call. */
  readonly ports: ProgramPorts
  readonly leg: Leg
  /** Prompt that is played where a document names nothing. */
  music(): Promise<number>
}

/** An Enqueue of a document, carried out on its call. */
export function enqueueFor(
  call: Call,
  options: EnqueueOptions,
  world: EnqueueWorld,
  signal: AbortSignal,
): Promise<EnqueueOutcome> {
  const wait: Waiting = (queue, member, until) =>
    options.waitUrl === undefined || options.waitUrl === ''
      ? hearMusic(call, options.waitUrl === undefined, world, until)
      : hearDocuments(options, { queue, member }, world, until)
  return world.queues.enqueue(call, options, wait, signal)
}

async function hearMusic(
  call: Call,
  isPlayed: boolean,
  { music }: EnqueueWorld,
  signal: AbortSignal,
): Promise<'stopped'> {
  if (isPlayed) {
    const promptId = await music()
    await call.audio.play(promptId, { offsetMs: 0, loops: 0 }, signal).catch((error) => {
      if (!signal.aborted) throw error
    })
  }
  await whenAborted(signal)
  return 'stopped'
}

interface Place {
  readonly queue: CallQueue
  readonly member: QueueMember
}

/** The wait document, again and again, with the place in the queue as it is then. */
async function hearDocuments(
  { waitUrl = '', waitMethod, base }: EnqueueOptions,
  place: Place,
  { leg, ports }: EnqueueWorld,
  signal: AbortSignal,
): Promise<'leave' | 'failed' | 'stopped'> {
  const start = startAt({
    ...{ url: waitUrl, base, method: waitMethod, parameters: [], token: ports.ids.hex(16) },
  })
  const end = await runProgram(
    leg,
    start,
    { allowedVerbs: queueWaitVerbs, atEnd: 'repeat' },
    {
      ...ports,
      // The Enqueue itself is what is resumed; it asks for its wait document anew.
      checkpoint: async () => {},
      save: () => {},
      fetchDocument: (request, until) => {
        const parameters = [...placeParameters(place, ports), ...request.parameters]
        return ports.fetchDocument({ ...request, parameters }, until)
      },
    },
    signal,
  )
  return end === 'leave' || end === 'failed' ? end : 'stopped'
}

function placeParameters({ queue, member }: Place, { clock }: ProgramPorts) {
  const nowMs = clock.nowMs()
  const seconds = (ms: number) => String(Math.floor(ms / 1000))
  const { sid, sizeMax } = queue.record
  return [
    ['QueueSid', sid],
    ['QueuePosition', String(queue.positionOf(member))],
    ['QueueTime', seconds(nowMs - member.enqueuedMs)],
    ['AvgQueueTime', seconds(queue.averageWaitMs(nowMs))],
    ['CurrentQueueSize', String(queue.members.length)],
    ['MaxQueueSize', String(Math.min(sizeMax, sizeMaxLimit))],
  ] as const
}

/** A Dial of a queue, carried out on the call that takes from it. */
export function dialQueueFor(
  call: Call,
  { queue: { name, whisper }, recording, transfer, base, ...options }: QueueDialOptions,
  resolve: Resolve,
  world: { readonly queues: Queues; readonly runProgram: RunProgram },
  signal: AbortSignal,
): Promise<QueueDialOutcome> {
  const settings = {
    ...options,
    name,
    whisper: whisper && { ...whisper, url: resolve(whisper.url, base) },
    recording: recording && talkRecordingOf(recording, (url) => resolve(url, base)),
    transfer: transfer && { ...transfer, url: resolve(transfer.url, base) },
  }
  return dialQueue(call, settings, world, signal)
}
