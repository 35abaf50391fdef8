import type { ProgramState } from '../verbs/program-state.js'

/** What the instruction that runs has come to, by the names that its action would tell it by. */
export function interruptedBy(
  state: ProgramState | undefined,
): readonly (readonly [name: string, value: string])[] {
  const { digits, recordingSid, childSids } = state?.verb ?? {}
  return [
    ...told('Digits', digits),
    ...told('RecordingSid', recordingSid),
    ...told('DialCallSid', Array.isArray(childSids) ? childSids[0] : undefined),
  ]
}

function told(name: string, value: unknown): (readonly [string, string])[] {
  return typeof value === 'string' && value !== '' ? [[name, value]] : []
}
