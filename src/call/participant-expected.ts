import { isFinal } from './call-record.js'
import type { ConferencePorts } from './conference-ports.js'
import type { ConferenceRecord } from './conference-record.js'
import type { ParticipantView } from './participant.js'

interface Expected {
  readonly callSid: string
  readonly label: string | undefined
  readonly flags: Pick<ParticipantView, 'muted' | 'coachedCallSid' | 'startOnEnter' | 'endOnExit'>
  readonly createdMs: number
}

/** Who is being called for a conference and has not come in yet. */
export class ExpectedParticipants {
  readonly #ports: Pick<ConferencePorts, 'findCall' | 'clock'>
  readonly #neverCame: (callSid: string, label: string | undefined, status: string) => void
  readonly #expected = new Map<string, Expected>()

  constructor(
    ports: Pick<ConferencePorts, 'findCall' | 'clock'>,
    neverCame: (callSid: string, label: string | undefined, status: string) => void,
  ) {
    this.#ports = ports
    this.#neverCame = neverCame
  }

  get size(): number {
    return this.#expected.size
  }

  /** Waits for the call to come in, or to end. */
  add(callSid: string, label: string | undefined, flags: Expected['flags']): void {
    const call = this.#ports.findCall(callSid)
    this.#expected.set(callSid, { callSid, label, flags, createdMs: this.#ports.clock.nowMs() })
    const onEnd = () => {
      if (this.#expected.delete(callSid)) {
        this.#neverCame(callSid, label, call?.record.status ?? 'failed')
      }
    }
    if (!call || isFinal(call.record.status)) onEnd()
    else call.endedSignal.addEventListener('abort', onEnd, { once: true })
  }

  came(callSid: string): void {
    this.#expected.delete(callSid)
  }

  hasLabel(label: string, exceptCallSid: string | undefined): boolean {
    return [...this.#expected.values()].some(
      (one) => one.label === label && one.callSid !== exceptCallSid,
    )
  }

  /** Hangs up one, by CallSid or label, or all; false: there is none. */
  hangUp(name?: string): boolean {
    const meant = [...this.#expected.values()].filter(
      ({ callSid, label }) => name === undefined || callSid === name || label === name,
    )
    for (const { callSid } of meant) {
      if (name === undefined) this.#expected.delete(callSid)
      const call = this.#ports.findCall(callSid)
      if (call?.isAnswered) call.hangUp()
      else call?.finishUnanswered('canceled')
    }
    return meant.length > 0
  }

  views(
    { sid, accountSid }: ConferenceRecord,
    isThere: (callSid: string) => boolean,
  ): ParticipantView[] {
    return [...this.#expected.values()]
      .filter(({ callSid }) => !isThere(callSid))
      .map(({ callSid, label, flags, createdMs }) => ({
        ...{ accountSid, conferenceSid: sid, callSid, label, held: false, ...flags },
        ...{ createdMs, updatedMs: createdMs, status: this.#statusOf(callSid) },
      }))
  }

  #statusOf(callSid: string): ParticipantView['status'] {
    const status = this.#ports.findCall(callSid)?.record.status
    if (status === 'ringing') return 'ringing'
    return status === 'queued' ? 'queued' : 'connecting'
  }
}
