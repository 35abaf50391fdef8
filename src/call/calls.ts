import { makeSid } from '../base/ids.js'
import type { Invited, LegEvent } from '../sip/leg-events.js'
import { headerOf } from '../sip/message.js'
import { parseSipUri, userOf } from '../sip/uri.js'
import { Call, type CallParts, type RunProgram } from './call.js'
import { type CallRecord, newCallRecord, type StatusCallback } from './call-record.js'
import { callerOf, dialledOf } from './caller.js'
import { type CallCommand, CommandError, notInProgress } from './command.js'
import { uriOf } from './dial.js'
import { findRoute } from './find-route.js'
import { Forks } from './forks.js'
import { canAnswer } from './media-description.js'
import type { MediaHub } from './media-hub.js'
import type { Callback, NewOutgoingCall } from './outgoing.js'
import type { CallPorts, NumberConfig } from './ports.js'
import { visibleHeaders } from './sip-leg.js'
import { callEvent } from './status-events.js'

/** All live calls. The SIP engine's events come in here, and so do REST's commands. */
export class Calls {
  readonly #ports: CallPorts
  readonly #parts: CallParts
  readonly #forks: Forks
  readonly #calls = new Map<string, Call>()
  readonly #legs = new Map<string, { handle(event: LegEvent): void }>()
  #accepting = true

  constructor(
    ports: CallPorts,
    hub: MediaHub,
    runProgram: RunProgram,
    onGone: (callSid: string) => void,
  ) {
    this.#forks = new Forks(ports.sip)
    this.#ports = { ...ports, sip: this.#forks }
    this.#parts = {
      ports: this.#ports,
      hub,
      runProgram,
      legGone: (leg) => this.#legs.delete(leg.legId),
      callGone: (call) => {
        this.#calls.delete(call.sid)
        onGone(call.sid)
      },
    }
  }

  get size(): number {
    return this.#calls.size
  }

  get legCount(): number {
    return this.#legs.size
  }

  find(callSid: string): Call | undefined {
    return this.#calls.get(callSid)
  }

  /** Hands a command to a live call. Rejects with CommandError when it is not live or refuses. */
  async dispatch(callSid: string, command: CallCommand): Promise<void> {
    const call = this.#calls.get(callSid)
    if (!call) throw notInProgress(callSid)
    await call.dispatch(command)
  }

  /** An event of the SIP engine that names a leg. */
  handle(told: LegEvent): void {
    const event = this.#forks.receive(told)
    if (!event) return
    if (event.type === 'invited') {
      this.#invited(event).catch((error) => {
        this.#ports.events.bug(error, undefined)
        this.#refuse(event.legId, 500, 'internal error')
      })
      return
    }
    this.#legs.get(event.legId)?.handle(event)
  }

  /**
   * Stores a call to be made and starts it; resolves with its record as soon as that is durable.
   * Rejects with CommandError when there are too many, or no new ones are taken.
   */
  async create(request: NewOutgoingCall): Promise<CallRecord> {
    if (!this.#accepting) {
      throw new CommandError('ERR_SHUTTING_DOWN', 20503, 'No new calls: the router is stopping')
    }
    if (this.#calls.size >= this.#ports.config.callsMax) {
      throw new CommandError('ERR_TOO_MANY_CALLS', 20429, 'Too many calls are live')
    }
    const record = newCallRecord(
      {
        sid: makeSid('CA', this.#ports.ids),
        accountSid: request.accountSid,
        direction: 'outbound-api',
        from: request.from,
        to: request.to,
        phoneNumberSid: request.phoneNumberSid,
        status: 'queued',
        statusCallback: request.statusCallback,
        fallback: request.fallback,
      },
      this.#ports.clock.nowMs(),
    )
    const call = await this.makeOutgoing(record)
    const snapshot = { ...record }
    void this.#connect(call, request).catch((error) => {
      this.#ports.events.bug(error, record.sid)
      call.finish('failed', { type: 'end' })
    })
    return snapshot
  }

  /** Registers and stores a call that will be made. */
  async makeOutgoing(record: CallRecord): Promise<Call> {
    const call = new Call(record, this.#ports.ids.hex(8), { address: '' }, this.#parts)
    await this.#register(call, callEvent(record, 'initiated', this.#ports))
    return call
  }

  /** Refuses new calls and waits, at most `graceMs`, for the live ones to end; then ends them. */
  async drain(graceMs: number): Promise<void> {
    this.#accepting = false
    const { clock } = this.#ports
    const deadlineMs = clock.monotonicMs() + graceMs
    while (this.#calls.size > 0 && clock.monotonicMs() < deadlineMs) await clock.sleep(50)
    for (const call of this.#calls.values()) call.hangUp()
    const hardDeadlineMs = clock.monotonicMs() + 2_000
    while (this.#legs.size + this.#calls.size > 0 && clock.monotonicMs() < hardDeadlineMs) {
      await clock.sleep(20)
    }
  }

  /** Resolves when the call is stored; one that cannot be stored is dropped again. */
  async #register(call: Call, outbox: ReturnType<typeof callEvent>): Promise<void> {
    const { store, events, outboxFilled } = this.#ports
    this.#calls.set(call.sid, call)
    this.#legs.set(call.leg.legId, call.leg)
    try {
      await store.insertCall(call.record, outbox)
    } catch (error) {
      this.#legs.delete(call.leg.legId)
      this.#parts.callGone(call)
      throw error
    }
    if (outbox.length > 0) outboxFilled(call.sid)
    events.callStarted(call.record)
  }

  async #connect(call: Call, request: NewOutgoingCall): Promise<void> {
    const { routes, config } = this.#ports
    const route = await findRoute(routes, request.to)
    if (!route || route === 'notRegistered') {
      call.finish(route ? 'no-answer' : 'failed', { type: 'end' })
      return
    }
    const credentials = request.sipAuth ?? route.credentials
    const from = { uri: uriOf(request.from, config.sipHost) }
    const status = await call.connect({ ...route, credentials }, from, request.timeoutMs)
    if (status !== 'in-progress') return
    if (request.sendDigits) {
      await call.audio.sendDigits(request.sendDigits, call.endedSignal).catch(() => {})
    }
    call.start(request.start)
    if (request.timeLimitMs !== undefined) {
      await this.#ports.clock.sleep(request.timeLimitMs, call.endedSignal).then(
        () => call.hangUp(),
        () => {},
      )
    }
  }

  async #invited(invited: Invited): Promise<void> {
    if (!this.#accepting || this.#calls.size >= this.#ports.config.callsMax) {
      this.#refuse(invited.legId, 503, 'too many calls', [{ name: 'Retry-After', value: '10' }])
      return
    }
    const number = await this.#numberOf(invited)
    if (number === 'canceled') return
    if (!number) {
      this.#refuse(invited.legId, 404, 'unknown number')
      return
    }
    const mayReach = (address: string) =>
      invited.trust === 'address' ||
      address === invited.flow.remoteAddress ||
      this.#ports.config.mayReach(address)
    if (!canAnswer(invited.sdp, mayReach)) {
      this.#refuse(invited.legId, 488, 'no media that we could take')
      return
    }
    await this.#begin(invited, number, mayReach)
  }

  /** The number that is called; watches for a CANCEL while the store is asked. */
  async #numberOf(invited: Invited): Promise<NumberConfig | undefined | 'canceled'> {
    const dialled = dialledOf(invited, this.#ports.config.defaultCountry)
    if (dialled === undefined) return undefined
    let gone = false
    const waiting = {
      handle: (event: LegEvent) => {
        gone ||= event.type === 'ended'
      },
    }
    this.#legs.set(invited.legId, waiting)
    try {
      const number = await this.#ports.store.findNumber(dialled)
      return gone ? 'canceled' : number
    } finally {
      this.#legs.delete(invited.legId)
    }
  }

  async #begin(
    invited: Invited,
    number: NumberConfig,
    mayReach: (address: string) => boolean,
  ): Promise<void> {
    const record = inboundRecord(invited, number, this.#ports)
    const call = new Call(
      record,
      invited.legId,
      { address: invited.flow.remoteAddress, offer: invited.sdp, mayReach },
      this.#parts,
    )
    await this.#register(call, callEvent(record, 'ringing', this.#ports))
    if (!number.voice) {
      call.refuse(480, 'failed')
      return
    }
    call.start({ type: 'url', ...number.voice })
  }

  #refuse(
    legId: string,
    status: number,
    why: string,
    headers: { name: string; value: string }[] = [],
  ) {
    this.#ports.events.callRefused(status, why)
    this.#ports.sip.send({ type: 'reject', legId, status, headers })
  }
}

function inboundRecord(invited: Invited, number: NumberConfig, ports: CallPorts): CallRecord {
  const diversion = headerOf(invited.headers, 'Diversion')
  const diverted = diversion && parseSipUri(/<([^>]+)>/.exec(diversion)?.[1] ?? diversion)
  const forwardedFrom = diverted ? userOf(diverted) : undefined
  return newCallRecord(
    {
      sid: makeSid('CA', ports.ids),
      accountSid: number.accountSid,
      phoneNumberSid: number.sid,
      direction: 'inbound',
      ...callerOf(invited),
      to: number.phoneNumber,
      forwardedFrom,
      status: 'ringing',
      sip: {
        callId: invited.callId,
        sourceIp: invited.flow.remoteAddress,
        headers: visibleHeaders(invited),
      },
      statusCallback: statusCallbackOf(number.statusCallback),
      fallback: number.fallback,
    },
    ports.clock.nowMs(),
  )
}

function statusCallbackOf(callback: Callback | undefined): StatusCallback | undefined {
  return callback && { ...callback, events: ['completed'] }
}
