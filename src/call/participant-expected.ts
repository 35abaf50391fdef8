import { isFinal } from './call-record.js'
import type { ConferencePorts } from './conference-ports.js'
import type { ConferenceRecord } from './conference-record.js'
import type { ParticipantView } from './participant.js'

/** How it will come in. */
export type ParticipantFlags = Pick<
  ParticipantView,
  'label' | 'muted' | 'coachedCallSid' | 'startOnEnter' | 'endOnExit'
>

interface Expected {
  readonly callSid: string
  readonly flags: ParticipantFlags
  readonly createdMs: number
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
    const expected = { callSid, flags, createdMs: this.#ports.clock.nowMs() }
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

  came(callSid: string): void {
    this.#expected.delete(callSid)
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
    { callSid, flags, createdMs }: Expected,
    { sid, accountSid }: ConferenceRecord,
  ): ParticipantView {
    return {
      ...{ accountSid, conferenceSid: sid, callSid, held: false, ...flags },
      ...{ createdMs, updatedMs: createdMs, status: this.#statusOf(callSid) },
    }
  }

  #statusOf(callSid: string): ParticipantView['status'] {
    const status = this.#ports.findCall(callSid)?.record.status
    if (status === 'ringing') return 'ringing'
    return status === 'queued' ? 'queued' : 'connecting'
  }
}
