import type { Call } from './call.js'
import type { ProgramStart } from './ports.js'

/** Why a program was stopped; the `reason` of its signal. */
export type StopReason = { readonly type: 'hungUp' | 'redirect' | 'end' | 'timeLimit' | 'shutdown' }

/** What a program is for: that decides what it may hold, and what its end means. */
export type ProgramRole = 'call' | 'screening'

/** `bridge`: who was screened is to be connected. */
export type ProgramEnd = 'hangUp' | 'silence' | 'bridge' | 'leave' | 'failed' | 'stopped'

/** Runs a program on a call until it ends; never rejects for what an application did. */
export type RunProgram = (
  call: Call,
  start: ProgramStart,
  signal: AbortSignal,
  /** Default: call. */
  role?: ProgramRole,
) => Promise<ProgramEnd>

/** What the interrupted instruction had come to goes with the first request. */
export function withState(
  start: ProgramStart,
  parameters: readonly (readonly [name: string, value: string])[] = [],
): ProgramStart {
  if (start.type !== 'url') return start
  return { ...start, parameters: [...(start.parameters ?? []), ...parameters] }
}
