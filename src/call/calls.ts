import { makeSid } from '../base/ids.js'
import type { Invited, LegEvent } from '../sip/leg-events.js'
import { headerOf } from '../sip/message.js'
import { parseSipUri, userOf } from '../sip/uri.js'
import { Call, type CallParts } from './call.js'
import { type CallRecord, newCallRecord, type StatusCallback } from './call-record.js'
import { callerOf, dialledOf } from './caller.js'
import { type CallCommand, CommandError, notInProgress } from './command.js'
import { findRoute } from './find-route.js'
import { Forks } from './forks.js'
import { identityOf } from './identity.js'
import { startWhenKnown } from './machine-detection.js'
import { canAnswer, isSecureOffer } from './media-description.js'
import type { MediaHub } from './media-hub.js'
import type { Callback, NewOutgoingCall } from './outgoing.js'
import { OutgoingLimits } from './outgoing-limits.js'
import type { CallPorts } from './ports.js'
import type { RunProgram } from './program.js'
import { beginRecording } from './recording-command.js'
import {
  type Called,
  calledDomain,
  calledNumber,
  calledUnmapped,
  callerAtDomain,
} from './sip-domain.js'
import { SipLeg, visibleHeaders } from './sip-leg.js'
import { StartQueue, type Turn } from './start-queue.js'
import { callEvent } from './status-events.js'
import { transfer } from './transfer.js'
import { runTrunkCall } from './trunk-call.js'
import { calledByPbx, callerForPbx, trunkCalledBy } from './trunk-call-route.js'
import { TrunkHunts } from './trunk-hunt.js'

/** All live calls. The SIP engine's events come in here, and so do REST's commands. */
export class Calls {
  readonly #ports: CallPorts
  readonly #parts: CallParts
  readonly #forks: Forks
  readonly #hunts: TrunkHunts
  readonly #outgoing: OutgoingLimits
  readonly #starts: StartQueue
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
    this.#hunts = new TrunkHunts(this.#forks, ports.clock, (event) => this.#toLeg(event))
    this.#ports = { ...ports, sip: this.#hunts }
    const { callsPerSecondMax, queuedMax, ...limits } = ports.config.accountLimits ?? noLimits
    this.#outgoing = new OutgoingLimits(limits, {
      clock: ports.clock,
      allows: (phoneNumber, accountSid) => ports.routes.allows(phoneNumber, accountSid),
      events: ports.events,
    })
    this.#starts = new StartQueue(callsPerSecondMax, queuedMax, ports.clock)
    this.#parts = {
      ports: this.#ports,
      hub,
      runProgram,
      legMade: (leg) => this.#legs.set(leg.legId, leg),
      legGone: (leg) => this.#legs.delete(leg.legId),
      callGone: (call) => {
        this.#calls.delete(call.sid)
        this.#outgoing.release(call.record)
        onGone(call.sid)
      },
      referred: (call, referral) => {
        const second = this.#callOf(referral.replacedLegId)
        transfer(call, referral, second).catch((error) => ports.events.bug(error, call.sid))
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
    if (!call) throw notInProgress(callSid, command)
    await call.dispatch(command)
  }

  /** An event of the SIP engine that names a leg. */
  handle(told: LegEvent): void {
    const ofOne = this.#forks.receive(told)
    const event = ofOne && this.#hunts.receive(ofOne)
    if (!event) return
    if (event.type === 'invited') {
      this.#invited(event).catch((error) => {
        this.#ports.events.bug(error, undefined)
        this.#refuse(event.legId, 500, 'internal error')
      })
      return
    }
    this.#toLeg(event)
  }

  /**
   * Stores a call to be made and starts it; resolves with its record as soon as that is durable.
   * Beyond the rate of its account it waits as `queued`. Rejects with CommandError when there are too
   * many, the account may not make it, or no new ones are taken.
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
        sid: request.sid ?? makeSid('CA', this.#ports.ids),
        accountSid: request.accountSid,
        direction: 'outbound-api',
        from: request.from,
        to: request.to,
        phoneNumberSid: request.phoneNumberSid,
        status: 'queued',
        statusCallback: request.statusCallback,
        fallback: request.fallback,
        verification: request.verification,
      },
      this.#ports.clock.nowMs(),
    )
    const refusal = this.#outgoing.take(record)
    if (refusal) throw refusal
    const turn = this.#starts.join(record.accountSid)
    if (!turn) {
      this.#outgoing.giveBack(record)
      this.#ports.events.callBlocked(record.accountSid, record.sid, 'queue')
      throw new CommandError('ERR_QUEUE_FULL', 20429, 'Too many calls of this account wait')
    }
    const call = await this.#make(record, turn.isNow && !request.delayMs)
    const snapshot = { ...record }
    void this.#connect(call, request, turn).catch((error) => {
      this.#ports.events.bug(error, record.sid)
      call.finish('failed', { type: 'end' })
    })
    return snapshot
  }

  /** Registers and stores a call that will be made; it has failed already when it may not be. */
  async makeOutgoing(record: CallRecord): Promise<Call> {
    const refusal = this.#outgoing.take(record)
    const call = await this.#make(record, true)
    if (refusal) {
      this.#ports.events.callFailed(record, refusal)
      call.finish('failed', { type: 'end' })
    }
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

  async #make(record: CallRecord, isNow: boolean): Promise<Call> {
    const call = new Call(record, this.#ports.ids.hex(8), { address: '' }, this.#parts)
    await this.#register(call, isNow ? callEvent(record, 'initiated', this.#ports) : [])
    return call
  }

  #toLeg(event: LegEvent): void {
    this.#legs.get(event.legId)?.handle(event)
  }

  /** Resolves when the call is stored; one that cannot be stored is dropped again. */
  async #register(call: Call, outbox: ReturnType<typeof callEvent>): Promise<void> {
    const { store, events, outboxFilled } = this.#ports
    this.#calls.set(call.sid, call)
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

  async #connect(call: Call, request: NewOutgoingCall, turn: Turn): Promise<void> {
    const { routes, config } = this.#ports
    const { delayMs = 0 } = request
    if ((!turn.isNow || delayMs > 0) && !(await this.#begins(call, turn, delayMs))) return
    const dialler = { accountSid: request.accountSid, callSid: call.sid }
    const route = await findRoute(routes, request.to, dialler)
    if (!route || route === 'notRegistered') {
      call.finish(route ? 'no-answer' : 'failed', { type: 'end' })
      return
    }
    const credentials = request.sipAuth ?? route.credentials
    const identity = identityOf(request.from, config.sipHost)
    const status = await call.connect({ ...route, credentials }, identity, request.timeoutMs)
    if (status !== 'in-progress') return
    if (request.recording) {
      const sid = makeSid('RE', this.#ports.ids)
      await beginRecording(call, sid, request.recording, 'OutboundAPI')
    }
    if (request.sendDigits) {
      await call.audio.sendDigits(request.sendDigits, call.endedSignal).catch(() => {})
    }
    if (request.timeLimitMs !== undefined) call.limit.set(request.timeLimitMs)
    await startWhenKnown(call, request.start, request.machineDetection)
  }

  /** The call whose leg this is, or one of whose devices rings. */
  #callOf(legId: string | undefined): Call | undefined {
    if (legId === undefined) return undefined
    const leg = this.#legs.get(this.#hunts.legIdOf(this.#forks.legIdOf(legId)))
    return leg instanceof SipLeg ? this.#calls.get(leg.callSid) : undefined
  }

  /** Waits for the turn of a queued call, and until it is due; false when it was canceled meanwhile. */
  async #begins(call: Call, turn: Turn, delayMs: number): Promise<boolean> {
    const { endedSignal } = call
    const due = delayMs > 0 ? this.#ports.clock.sleep(delayMs, endedSignal) : undefined
    const isDue = await Promise.all([turn.wait(endedSignal), due]).then(
      () => true,
      () => false,
    )
    if (isDue) call.persist(callEvent(call.record, 'initiated', this.#ports))
    return isDue
  }

  async #invited(invited: Invited): Promise<void> {
    if (invited.replacedLegId !== undefined) {
      await this.#replacing(invited)
      return
    }
    if (!this.#accepting || this.#calls.size >= this.#ports.config.callsMax) {
      this.#refuse(invited.legId, 503, 'too many calls', [{ name: 'Retry-After', value: '10' }])
      return
    }
    const called = await this.#calledBy(invited)
    if (called === 'canceled') return
    if (!called) {
      this.#refuse(invited.legId, 404, 'unknown number')
      return
    }
    const mayReach = this.#mayReach(invited)
    const isOpen = isFromSecurePbx(called) && !isSecureOffer(invited.sdp)
    if (isOpen || !canAnswer(invited.sdp, { source: invited.flow.remoteAddress, mayReach })) {
      this.#refuse(invited.legId, 488, 'no media that we could take')
      return
    }
    await this.#begin(invited, called, mayReach)
  }

  /** Where a caller may have its media sent. */
  #mayReach(invited: Invited): (address: string) => boolean {
    const { trust, flow } = invited
    // Whom an account lets in to its domain or trunk is not whom the operator trusts.
    const isOfAccount = this.#accountOf(invited) !== undefined
    const mayReachAll = trust === 'address' && !isOfAccount
    return (address) =>
      mayReachAll || address === flow.remoteAddress || this.#ports.config.mayReach(address)
  }

  #domainOf(invited: Invited): Called | undefined {
    return calledDomain(invited, (host) => this.#ports.domains?.find(host))
  }

  /** Whose domain or trunk is called. */
  #accountOf(invited: Invited): string | undefined {
    const owner = this.#domainOf(invited) ?? trunkCalledBy(invited, this.#ports.customerTrunks)
    return owner?.accountSid
  }

  /** An INVITE that takes the place of a leg of ours. */
  async #replacing(invited: Invited): Promise<void> {
    const call = this.#callOf(invited.replacedLegId)
    const accountSid = this.#accountOf(invited)
    // Who is let in to the domain of one account has no part in the calls of another.
    const isForeign = accountSid !== undefined && accountSid !== call?.record.accountSid
    if (!call || isForeign) {
      this.#refuse(invited.legId, 481, 'no such call')
      return
    }
    const mayReach = this.#mayReach(invited)
    if (!canAnswer(invited.sdp, { source: invited.flow.remoteAddress, mayReach })) {
      this.#refuse(invited.legId, 488, 'no media that we could take')
      return
    }
    const { remoteAddress } = invited.flow
    await call.takeOver(invited.legId, { address: remoteAddress, offer: invited.sdp, mayReach })
  }

  /** The domain or number that is called; watches for a CANCEL while the store is asked. */
  async #calledBy(invited: Invited): Promise<Called | undefined | 'canceled'> {
    const domain = this.#domainOf(invited)
    if (domain) return domain
    const { customerTrunks, config } = this.#ports
    const trunk = trunkCalledBy(invited, customerTrunks)
    if (trunk) return calledByPbx(invited, trunk, config.defaultCountry)
    const dialled = dialledOf(invited, config.defaultCountry)
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
      if (gone) return 'canceled'
      return number ? calledNumber(number, customerTrunks) : calledUnmapped(dialled, config)
    } finally {
      this.#legs.delete(invited.legId)
    }
  }

  async #begin(
    invited: Invited,
    called: Called,
    mayReach: (address: string) => boolean,
  ): Promise<void> {
    const record = inboundRecord(invited, called, this.#ports)
    const call = new Call(
      record,
      invited.legId,
      { address: invited.flow.remoteAddress, offer: invited.sdp, mayReach },
      this.#parts,
    )
    await this.#register(call, callEvent(record, 'ringing', this.#ports))
    const { through } = called
    if (through) {
      const { runProgram } = this.#parts
      call.run((signal) => runTrunkCall(call, through, { calls: this, runProgram }, signal))
      return
    }
    if (!called.voice) {
      call.refuse(480, 'failed')
      return
    }
    call.start({ type: 'url', ...called.voice })
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

const noLimits = {
  callsPerSecondMax: undefined,
  queuedMax: 0,
  callsMax: undefined,
  callsPerHourMax: undefined,
}

function inboundRecord(invited: Invited, called: Called, ports: CallPorts): CallRecord {
  const diversion = headerOf(invited.headers, 'Diversion')
  const diverted = diversion && parseSipUri(/<([^>]+)>/.exec(diversion)?.[1] ?? diversion)
  const forwardedFrom = diverted ? userOf(diverted) : undefined
  return newCallRecord(
    {
      sid: makeSid('CA', ports.ids),
      accountSid: called.accountSid,
      phoneNumberSid: called.phoneNumberSid,
      trunkSid: called.through?.trunk.sid,
      direction: called.through ? `trunking-${called.through.way}` : 'inbound',
      ...callerBy(invited, called),
      maxForwards: hopsLeftOf(invited),
      to: called.to,
      forwardedFrom,
      status: 'ringing',
      sip: {
        callId: invited.callId,
        sourceIp: invited.flow.remoteAddress,
        headers: visibleHeaders(invited),
        domain: called.domain?.domainName,
        domainSid: called.domain?.sid,
      },
      statusCallback: statusCallbackOf(called.statusCallback),
      fallback: called.fallback,
    },
    ports.clock.nowMs(),
  )
}

function callerBy(invited: Invited, { domain, through }: Called): ReturnType<typeof callerOf> {
  if (domain) return callerAtDomain(invited)
  return through?.way === 'terminating' ? callerForPbx(invited) : callerOf(invited)
}

function isFromSecurePbx({ through }: Called): boolean {
  return through?.way === 'terminating' && through.trunk.isSecure
}

/** One that comes without was made before there was any count. */
function hopsLeftOf({ headers }: Invited): number {
  return Math.min(70, Number(headerOf(headers, 'Max-Forwards') ?? 70))
}

function statusCallbackOf(callback: Callback | undefined): StatusCallback | undefined {
  return callback && { ...callback, events: ['completed'] }
}
