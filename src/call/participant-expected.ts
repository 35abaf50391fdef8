import { isFinal } from './call-record.js'
import type { ParticipantChange } from './conference-options.js'
import type { ConferencePorts } from './conference-ports.js'
import type { ConferenceRecord } from './conference-record.js'
import type { ParticipantView } from './participant.js'
import { coachedAfter, mergedChange } from './participant-change.js'

/** How it will come in. */
export type ParticipantFlags = Pick<
  ParticipantView,
  'label' | 'muted' | 'coachedCallSid' | 'startOnEnter' | 'endOnExit'
>

interface Expected {
  readonly callSid: string
  readonly flags: ParticipantFlags
  /** What has been changed of how it will come in. */
  readonly change: ParticipantChange
  readonly createdMs: number
  readonly updatedMs: number
}

/** Who is being called for a conference and has not come in yet. */
export class ExpectedParticipants {
  readonly #ports: Pick<ConferencePorts, 'findCall' | 'clock'>
  readonly #neverCame: (callSid: string, label: string | undefined, status: string) => void
  readonly #expected = new Map<string, Expected>()
  readonly #reserved = new Set<{ readonly label: string | undefined }>()

  constructor(
    ports: Pick<ConferencePorts, 'findCall' | 'clock'>,
    neverCame: (callSid: string, label: string | undefined, status: string) => void,
  ) {
    this.#ports = ports
    this.#neverCame = neverCame
  }

  get size(): number {
    return this.#expected.size + this.#reserved.size
  }

  /** Keeps a place, and its label, while the call is made; call what it returns when that is done. */
  reserve(label: string | undefined): () => void {
    const place = { label }
    this.#reserved.add(place)
    return () => this.#reserved.delete(place)
  }

  /** Waits for the call to come in, or to end. */
  add(callSid: string, flags: ParticipantFlags, conference: ConferenceRecord): ParticipantView {
    const call = this.#ports.findCall(callSid)
    const nowMs = this.#ports.clock.nowMs()
    const expected = { callSid, flags, change: {}, createdMs: nowMs, updatedMs: nowMs }
    const view = this.#view(expected, conference)
    this.#expected.set(callSid, expected)
    const onEnd = () => {
      if (!this.#expected.delete(callSid)) return
      this.#neverCame(callSid, flags.label, call?.record.status ?? 'failed')
    }
    if (!call || isFinal(call.record.status)) onEnd()
    else call.endedSignal.addEventListener('abort', onEnd, { once: true })
    return view
  }

  /** What is to be changed of it now that it comes in. */
  changeOf(callSid: string): ParticipantChange {
    return this.#expected.get(callSid)?.change ?? {}
  }

  came(callSid: string): void {
    this.#expected.delete(callSid)
  }

  has(callSid: string): boolean {
    return this.#expected.has(callSid)
  }

  /** The CallSid of one, by CallSid or label. */
  find(name: string): string | undefined {
    if (this.#expected.has(name)) return name
    return [...this.#expected.values()].find(({ flags }) => flags.label === name)?.callSid
  }

  /** Keeps what has changed until it comes in. */
  change(callSid: string, change: ParticipantChange): void {
    const expected = this.#expected.get(callSid)
    if (!expected) return
    this.#expected.set(callSid, {
      ...expected,
      change: mergedChange(expected.change, change),
      updatedMs: this.#ports.clock.nowMs(),
    })
  }

  hasLabel(label: string, exceptCallSid: string | undefined): boolean {
    if ([...this.#reserved].some((one) => one.label === label)) return true
    return [...this.#expected.values()].some(
      ({ flags, callSid }) => flags.label === label && callSid !== exceptCallSid,
    )
  }

  /** Hangs up one, by CallSid or label, or all; false: there is none. */
  hangUp(name?: string): boolean {
    const meant = [...this.#expected.values()].filter(
      ({ callSid, flags }) => name === undefined || callSid === name || flags.label === name,
    )
    for (const { callSid } of meant) {
      if (name === undefined) this.#expected.delete(callSid)
      const call = this.#ports.findCall(callSid)
      if (call?.isAnswered) call.hangUp()
      else call?.finishUnanswered('canceled')
    }
    return meant.length > 0
  }

  views(conference: ConferenceRecord, isThere: (callSid: string) => boolean): ParticipantView[] {
    return [...this.#expected.values()]
      .filter(({ callSid }) => !isThere(callSid))
      .map((one) => this.#view(one, conference))
  }

  #view(
    { callSid, flags, change, createdMs, updatedMs }: Expected,
    { sid, accountSid }: ConferenceRecord,
  ): ParticipantView {
    return {
      ...{ accountSid, conferenceSid: sid, callSid, ...flags },
      muted: change.muted ?? flags.muted,
      held: change.held ?? false,
      endOnExit: change.endOnExit ?? flags.endOnExit,
      coachedCallSid: coachedAfter(change, flags.coachedCallSid),
      ...{ createdMs, updatedMs, status: this.#statusOf(callSid) },
    }
  }

  #statusOf(callSid: string): ParticipantView['status'] {
    const status = this.#ports.findCall(callSid)?.record.status
    if (status === 'ringing') return 'ringing'
    return status === 'queued' ? 'queued' : 'connecting'
  }
}
