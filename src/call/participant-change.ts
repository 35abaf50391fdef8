import type { ParticipantChange } from './conference-options.js'

/** Whom one coaches after a change, who coached `before`. */
export function coachedAfter(
  { coaching, coachedCallSid }: ParticipantChange,
  before: string | undefined,
): string | undefined {
  return coaching === false ? undefined : (coachedCallSid ?? before)
}

/** Two changes as one: of what both name, the later counts. */
export function mergedChange(
  before: ParticipantChange,
  later: ParticipantChange,
): ParticipantChange {
  const isCoachChanged = later.coaching === false || later.coachedCallSid !== undefined
  const { coaching, coachedCallSid } = isCoachChanged ? later : before
  return {
    muted: later.muted ?? before.muted,
    held: later.held ?? before.held,
    hold: later.hold ?? before.hold,
    wait: later.wait ?? before.wait,
    beepOnExit: later.beepOnExit ?? before.beepOnExit,
    endOnExit: later.endOnExit ?? before.endOnExit,
    ...{ coaching, coachedCallSid },
  }
}
