import type { ParticipantView } from '../../call/participant.js'
import { conferencePath } from './conference.js'
import { rfc2822 } from './format.js'

/** A participant as REST shows it: one that is there, or is being called. */
export function presentParticipant(participant: ParticipantView) {
  const { accountSid, conferenceSid, callSid } = participant
  return {
    account_sid: accountSid,
    call_sid: callSid,
    call_sid_to_coach: participant.coachedCallSid ?? null,
    coaching: participant.coachedCallSid !== undefined,
    conference_sid: conferenceSid,
    date_created: rfc2822(participant.createdMs),
    date_updated: rfc2822(participant.updatedMs),
    end_conference_on_exit: participant.endOnExit,
    hold: participant.held,
    label: participant.label ?? null,
    muted: participant.muted,
    queue_time: '0',
    start_conference_on_enter: participant.startOnEnter,
    status: participant.status,
    uri: `${conferencePath(accountSid, conferenceSid)}/Participants/${callSid}.json`,
  }
}
