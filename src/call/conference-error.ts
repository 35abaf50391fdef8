import { RouterError } from '../base/router-error.js'

/** Why somebody could not come into a conference. */
export class ConferenceError extends RouterError {
  override readonly name = 'ConferenceError'
}

export const conferenceErrors = {
  full: (name: string) =>
    new ConferenceError('ERR_CONFERENCE_FULL', 16002, `Conference ${name} has no place left`),
  labelTaken: (label: string) =>
    new ConferenceError('ERR_LABEL_TAKEN', 16025, `Another participant has the label ${label}`),
  badCoach: (callSid: string) =>
    new ConferenceError('ERR_COACH', 13240, `${callSid} is not in the conference to be coached`),
  tooMany: () => new ConferenceError('ERR_CONFERENCES_MAX', 20429, 'Too many conferences are live'),
  over: (name: string) =>
    new ConferenceError('ERR_CONFERENCE_OVER', 16002, `Conference ${name} has ended`),
  badName: () =>
    new ConferenceError(
      'ERR_CONFERENCE_NAME',
      16002,
      'The name of a conference has 1 to 128 characters',
    ),
}
