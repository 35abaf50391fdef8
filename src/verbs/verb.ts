import type { ProgramLeg } from './leg.js'
import type { JsonObject } from './program-state.js'

/** What happens after an instruction. */
export type Next =
  | { readonly type: 'continue' }
  | {
      readonly type: 'fetch'
      /** Undefined or '': the current document's URL. */
      readonly url: string | undefined
      readonly method: 'GET' | 'POST'
      readonly parameters: readonly (readonly [name: string, value: string])[]
      /** Is requested also when the call was redirected meanwhile; the answer is ignored then. */
      readonly isToldAfterRedirect?: boolean
    }
  | { readonly type: 'hangUp' }
  /** The call no longer waits; its own program goes on. */
  | { readonly type: 'leave' }

/**
 * Carries out one instruction. `state` is what the verb stored at its last checkpoint, {} at first; a
 * resumed verb attaches to what the ids in it name and does nothing twice. Rejects with the signal's
 * reason when stopped, but after `hungUp` may return one last fetch.
 */
export type Verb<Instruction> = (
  instruction: Instruction,
  state: JsonObject,
  leg: ProgramLeg,
  signal: AbortSignal,
) => Promise<Next>

export const goOn: Next = { type: 'continue' }
