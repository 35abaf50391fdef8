import { conferenceEvent, endParameters } from '../call/conference-events.js'
import { selectOpenConferences } from '../store/conferences.js'
import { conferenceRecord, createConferenceStore } from './conference-store.js'
import type { RecoveryParts } from './recovery.js'

/**
 * Closes the conferences that a killed process left: the calls in them are over. Returns how many. A
 * call that is resumed comes back by the name, into a new conference.
 */
export async function recoverConferences(
  parts: Pick<RecoveryParts, 'store' | 'clock' | 'ids'>,
): Promise<number> {
  const { store, clock } = parts
  const conferences = createConferenceStore(store, () => clock.nowMs())
  const open = await store.read(selectOpenConferences())
  for (const row of open) {
    const conference = conferenceRecord(row)
    conference.status = 'completed'
    conference.reasonEnded = 'last-participant-left'
    conference.updatedMs = clock.nowMs()
    const told = conferenceEvent(
      conference,
      'conference-end',
      endParameters(conference, undefined),
      parts,
    )
    await conferences.updateConference(conference, told)
  }
  return open.length
}
