import type { Call } from './call.js'
import type { CallRecord } from './call-record.js'
import { CommandError } from './command.js'
import { Conference } from './conference.js'
import { conferenceErrors } from './conference-error.js'
import type { ConferenceCommand, JoinOptions } from './conference-options.js'
import type { ConferencePorts } from './conference-ports.js'
import type { Participant, ParticipantView } from './participant.js'
import type { ParticipantFlags } from './participant-expected.js'

const nameMax = 128

/** All live conferences: found by name within an account, and by sid. */
export class Conferences {
  readonly #ports: ConferencePorts
  readonly #byName = new Map<string, Conference>()
  readonly #bySid = new Map<string, Conference>()

  constructor(ports: ConferencePorts) {
    this.#ports = ports
  }

  get size(): number {
    return this.#bySid.size
  }

  /** Undefined: it is over, or never was, or belongs to another account. */
  find(accountSid: string, conferenceSid: string): Conference | undefined {
    const conference = this.#bySid.get(conferenceSid)
    return conference?.record.accountSid === accountSid ? conference : undefined
  }

  named(accountSid: string, name: string): Conference | undefined {
    return this.#byName.get(keyOf(accountSid, name))
  }

  /** The conference with this name, which begins to exist by that. Throws ConferenceError. */
  open(accountSid: string, name: string): Conference {
    const known = this.named(accountSid, name)
    if (known) return known
    if (name === '' || name.length > nameMax) throw conferenceErrors.badName()
    if (this.#bySid.size >= this.#ports.config.conferencesMax) throw conferenceErrors.tooMany()
    const key = keyOf(accountSid, name)
    const conference = new Conference(accountSid, name, this.#ports, () => {
      this.#bySid.delete(conference.record.sid)
      if (this.#byName.get(key) === conference) this.#byName.delete(key)
    })
    this.#byName.set(key, conference)
    this.#bySid.set(conference.record.sid, conference)
    return conference
  }

  /** Puts a call into the conference that the options name. Rejects as `Conference.enter`. */
  async enter(
    call: Call,
    options: JoinOptions,
    signal: AbortSignal,
  ): Promise<{ readonly conference: Conference; readonly participant: Participant }> {
    const conference = this.open(call.record.accountSid, options.name)
    const participant = await conference.enter(call, options, signal)
    return { conference, participant }
  }

  /**
   * Calls somebody for the conference with this name; `call` makes the call. Rejects with RouterError
   * when the call is not made, the label is taken, or nobody of a live one is whom it is to coach.
   */
  async invite(
    accountSid: string,
    name: string,
    flags: ParticipantFlags,
    call: (name: string) => Promise<CallRecord>,
  ): Promise<ParticipantView> {
    // Of one that begins to exist by this nobody can be known yet.
    this.named(accountSid, name)?.checkCoached(flags.coachedCallSid)
    const conference = this.open(accountSid, name)
    const view = await conference.invite(flags, () => call(name))
    await conference.stored
    return view
  }

  /** Rejects with CommandError when it is not live or refuses. */
  async dispatch(
    accountSid: string,
    conferenceSid: string,
    command: ConferenceCommand,
  ): Promise<void> {
    const conference = this.find(accountSid, conferenceSid)
    if (!conference) {
      throw new CommandError('ERR_CONFERENCE_OVER', 20404, `Conference ${conferenceSid} is over`)
    }
    await conference.dispatch(command)
  }

  /** Who is in it, or is being called for it. */
  participants(accountSid: string, conferenceSid: string): ParticipantView[] {
    return this.find(accountSid, conferenceSid)?.views() ?? []
  }
}

function keyOf(accountSid: string, name: string): string {
  return `${accountSid} ${name}`
}
