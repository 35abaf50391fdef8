import { type AnsweredBy, type MachineDetectionSettings, MediaRefusedError } from '../media/port.js'
import type { Call } from './call.js'
import type { Callback } from './call-record.js'
import type { CallPorts, OutboxEntry, ProgramStart } from './ports.js'
import { withState } from './program.js'

/** Whether a person has answered is to be found out. */
export interface MachineDetection extends MachineDetectionSettings {
  /** Requested when it is known, by whom nobody waits for. */
  readonly statusCallback: Callback | undefined
}

/** Of a call that REST makes. */
export interface CallMachineDetection extends MachineDetection {
  /** The program does not wait for the outcome. */
  readonly isAsync: boolean
}

export interface Answerer {
  readonly answeredBy: AnsweredBy
  /** How long it took to know [ms]. */
  readonly afterMs: number
}

/** Starts the program of a call that was answered, with the outcome when it is to wait for that. */
export async function startWhenKnown(
  call: Call,
  start: ProgramStart,
  detection: CallMachineDetection | undefined,
): Promise<void> {
  if (!detection || detection.isAsync) {
    call.start(start)
    if (detection) await tellAnswerer(call, detection)
    return
  }
  const answerer = await detect(call, { ...detection, statusCallback: undefined }, call.leftSignal)
  // Who was redirected meanwhile has another program.
  if (answerer) call.start(withState(start, parametersOf(answerer)))
}

/** Finds out who has answered a call that goes on meanwhile, and lets its callback know. */
export async function tellAnswerer(call: Call, detection: MachineDetection): Promise<void> {
  await detect(call, detection, call.endedSignal)
}

/** Undefined: the call was over, or did something else, before anything was known. */
async function detect(
  call: Call,
  { statusCallback, ...settings }: MachineDetection,
  signal: AbortSignal,
): Promise<Answerer | undefined> {
  let answerer: Answerer
  try {
    answerer = await call.audio.detectMachine(settings, signal)
  } catch (error) {
    if (signal.aborted) return undefined
    if (!(error instanceof MediaRefusedError)) throw error
    answerer = { answeredBy: 'unknown', afterMs: 0 }
  }
  if (call.endedSignal.aborted) return undefined
  call.record.answeredBy = answerer.answeredBy
  call.persist(statusCallback ? [callbackOf(call, statusCallback, answerer, call.ports)] : [])
  return answerer
}

function parametersOf({ answeredBy, afterMs }: Answerer) {
  return [
    ['AnsweredBy', answeredBy],
    ['MachineDetectionDuration', String(afterMs)],
  ] as const
}

function callbackOf(
  { record }: Call,
  callback: Callback,
  answerer: Answerer,
  { ids }: CallPorts,
): OutboxEntry {
  return {
    id: ids.hex(16),
    callSid: record.sid,
    accountSid: record.accountSid,
    sequence: -1,
    ...callback,
    parameters: parametersOf(answerer),
  }
}
