import { RouterError } from '../base/router-error.js'
import { CommandError } from './command.js'
import type { ConferenceEventName } from './conference-events.js'
import type { Announcement } from './conference-options.js'
import type { ConferencePorts, SoundTarget } from './conference-ports.js'

/** How many may wait for one participant, or for the room, with the one that is played. */
const waitingMax = 8

type Told = (
  name: Extract<ConferenceEventName, 'announcement-end' | 'announcement-fail'>,
  parameters: readonly (readonly [name: string, value: string])[],
) => void

/** The announcements to one participant, or to the room: one after another. */
export class AnnouncementQueue {
  readonly #ports: Pick<ConferencePorts, 'sounds' | 'events'>
  readonly #tell: Told
  #waiting = 0
  #last: Promise<unknown> = Promise.resolve()

  constructor(ports: Pick<ConferencePorts, 'sounds' | 'events'>, tell: Told) {
    this.#ports = ports
    this.#tell = tell
  }

  /** Throws CommandError when too many wait. `around`: what else must not be heard meanwhile. */
  add(
    announcement: Announcement,
    target: SoundTarget,
    signal: AbortSignal,
    around: { interrupt(): void; goOn(): void } = { interrupt() {}, goOn() {} },
  ): void {
    if (this.#waiting >= waitingMax) {
      throw new CommandError('ERR_ANNOUNCEMENTS', 20429, 'Too many announcements wait')
    }
    this.#waiting++
    this.#last = this.#last.then(async () => {
      if (!signal.aborted) {
        around.interrupt()
        await this.#play(announcement, target, signal)
      }
      this.#waiting--
      if (this.#waiting === 0 && !signal.aborted) around.goOn()
    })
  }

  /** Tells that an announcement cannot be made. */
  refuse({ url }: Announcement, reason: string): void {
    this.#tell('announcement-fail', [
      ['AnnounceUrl', url],
      ['ReasonAnnouncementFailed', reason],
    ])
  }

  async #play(announcement: Announcement, target: SoundTarget, signal: AbortSignal): Promise<void> {
    const { sounds, events } = this.#ports
    try {
      await sounds.play({ type: 'url', ...announcement }, target, signal)
      this.#tell('announcement-end', [['AnnounceUrl', announcement.url]])
    } catch (error) {
      if (signal.aborted) return
      const callSid = 'call' in target ? target.call.sid : undefined
      if (error instanceof RouterError) {
        events.conferenceFailed(target.conference.sid, callSid, error)
      } else events.bug(error, callSid)
      this.refuse(announcement, error instanceof Error ? error.message : 'unknown')
    }
  }
}
