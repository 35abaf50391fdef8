import type { Call } from './call.js'
import type { ParticipantFacts } from './conference-events.js'
import type { JoinOptions, ParticipantChange, SoundSource } from './conference-options.js'
import type { ConferencePorts } from './conference-ports.js'
import type { ConferenceRecord, ReasonParticipantLeft } from './conference-record.js'
import { coachedAfter } from './participant-change.js'
import { ParticipantSound } from './participant-sound.js'

/** A participant as REST shows it. */
export interface ParticipantView extends ParticipantFacts {
  readonly accountSid: string
  readonly conferenceSid: string
  readonly status: 'queued' | 'connecting' | 'ringing' | 'connected'
  readonly createdMs: number
  readonly updatedMs: number
}

/** A leg in a conference, or on its way in. */
export class Participant implements ParticipantFacts {
  readonly call: Call
  readonly label: string | undefined
  readonly startOnEnter: boolean
  readonly joinedMs: number
  readonly beepsOnEnter: boolean
  readonly sound: ParticipantSound
  /** Resolves with the reason when it is no longer in the conference. */
  readonly left: Promise<ReasonParticipantLeft>
  muted: boolean
  held = false
  hold: SoundSource = { type: 'music' }
  wait: SoundSource
  coachedCallSid: string | undefined
  endOnExit: boolean
  beepsOnExit: boolean
  updatedMs: number
  /** Its place is taken; it is in when its wait document plays, or the conference has started. */
  isIn = false
  hasLeft = false
  /** Announcements that wait or are played. */
  announcements = 0
  #resolveLeft: (reason: ReasonParticipantLeft) => void = () => {}
  readonly #gone = new AbortController()

  constructor(
    call: Call,
    conference: ConferenceRecord,
    options: JoinOptions,
    ports: Pick<ConferencePorts, 'sounds' | 'events' | 'clock'>,
  ) {
    const { muted, beep, label, coachedCallSid, startOnEnter, endOnExit, wait } = options
    this.call = call
    this.label = label
    this.startOnEnter = startOnEnter
    this.endOnExit = endOnExit
    this.muted = muted
    this.wait = wait
    this.coachedCallSid = coachedCallSid
    this.beepsOnEnter = beep === 'true' || beep === 'onEnter'
    this.beepsOnExit = beep === 'true' || beep === 'onExit'
    this.joinedMs = ports.clock.nowMs()
    this.updatedMs = this.joinedMs
    this.sound = new ParticipantSound({ conference, call }, ports)
    this.left = new Promise((resolve) => {
      this.#resolveLeft = resolve
    })
  }

  get callSid(): string {
    return this.call.sid
  }

  /** Aborts when it leaves. */
  get goneSignal(): AbortSignal {
    return this.#gone.signal
  }

  /** Plays what it is to hear outside of the conversation. */
  chooseSound(isStarted: boolean): void {
    if (this.hasLeft) this.sound.set(undefined)
    else if (this.held) this.sound.set(this.hold)
    else this.sound.set(isStarted ? undefined : this.wait)
  }

  /** Takes over what has changed; how it is mixed and what it hears follow from that. */
  change(change: ParticipantChange, nowMs: number): void {
    this.muted = change.muted ?? this.muted
    this.hold = change.hold ?? this.hold
    this.held = change.held ?? this.held
    this.wait = change.wait ?? this.wait
    this.beepsOnExit = change.beepOnExit ?? this.beepsOnExit
    this.endOnExit = change.endOnExit ?? this.endOnExit
    this.coachedCallSid = coachedAfter(change, this.coachedCallSid)
    this.updatedMs = nowMs
  }

  leave(reason: ReasonParticipantLeft): void {
    this.hasLeft = true
    this.sound.set(undefined)
    this.#gone.abort(new Error(reason))
    this.#resolveLeft(reason)
  }

  view({ sid, accountSid }: ConferenceRecord): ParticipantView {
    const { callSid, label, muted, held, coachedCallSid, startOnEnter, endOnExit } = this
    return {
      ...{ accountSid, conferenceSid: sid, callSid, label, muted, held, coachedCallSid },
      ...{ startOnEnter, endOnExit, createdMs: this.joinedMs, updatedMs: this.updatedMs },
      status: this.isIn ? 'connected' : 'connecting',
    }
  }
}
