import { VirtualClock } from '../../src/base/clock.js'
import { SeededIds } from '../../src/base/ids.js'
import type { Call } from '../../src/call/call.js'
import type { CallRecord } from '../../src/call/call-record.js'
import { Calls } from '../../src/call/calls.js'
import type { DialWorld } from '../../src/call/dial.js'
import { makeOffer } from '../../src/call/media-description.js'
import { MediaHub } from '../../src/call/media-hub.js'
import type { NewOutgoingCall } from '../../src/call/outgoing.js'
import type { AccountLimits } from '../../src/call/outgoing-limits.js'
import type {
  CallPorts,
  FoundRoute,
  OutboxEntry,
  RecordingRecord,
  Route,
} from '../../src/call/ports.js'
import type { ProgramEnd, RunProgram } from '../../src/call/program.js'
import type { Invited, LegCommand, LegEvent } from '../../src/sip/leg-events.js'
import { FakePlane } from './fake-plane.js'

export const peerSdp = makeOffer({
  address: '192.0.2.9',
  port: 4_000,
  sessionId: '1',
  sessionVersion: 0,
}).sdp

/** Calls with everything around them imitated, in virtual time. */
export class FakeRouter {
  readonly clock = new VirtualClock(1_000_000)
  readonly ids = new SeededIds(7)
  readonly plane = new FakePlane()
  /** Commands to the SIP engine, in order. */
  readonly sent: LegCommand[] = []
  readonly stored = new Map<string, CallRecord>()
  readonly recordings = new Map<string, RecordingRecord>()
  readonly outbox: OutboxEntry[] = []
  readonly bugs: unknown[] = []
  readonly gone: string[] = []
  readonly started: Call[] = []
  /** What a program does on a call; default: answers and waits until it is stopped. */
  program: (...of: Parameters<RunProgram>) => Promise<unknown> = async (call, _start, signal) => {
    await call.answer(signal)
    await untilStopped(signal)
  }
  route: Route | undefined = { target: 'sip:peer', nextHop: undefined, credentials: undefined }
  findRoute: () => Promise<FoundRoute> = async () => this.route
  failWrites = false
  voiceUrl: string | undefined = 'http://app/voice'
  callsMax = 10
  readonly calls: Calls
  /** As a program dials. */
  readonly world: DialWorld
  readonly hub = new MediaHub(this.plane)
  #legs = 0

  constructor(accountLimits?: AccountLimits) {
    this.plane.onEvent = (event) => this.hub.handle(event)
    const run: RunProgram = async (call, start, signal, role) => {
      this.started.push(call)
      const end = await this.program(call, start, signal, role).catch((error) => {
        if (!signal.aborted) throw error
      })
      return (end ?? 'hangUp') as ProgramEnd
    }
    this.calls = new Calls(this.#ports(accountLimits), this.hub, run, (callSid) =>
      this.gone.push(callSid),
    )
    this.world = { calls: this.calls, runProgram: run }
  }

  /** An INVITE for our number; returns its leg. */
  invite(facts: Partial<Invited> = {}): string {
    const legId = `leg${++this.#legs}`
    this.calls.handle({
      type: 'invited',
      legId,
      flow: {
        transport: 'udp',
        localAddress: '127.0.0.1',
        localPort: 5060,
        remoteAddress: '192.0.2.9',
        remotePort: 5060,
      },
      trust: 'address',
      requestUri: 'sip:+15550100001@router',
      from: { uri: 'sip:+15550100009@peer' },
      to: { uri: 'sip:+15550100001@router' },
      callId: 'abc',
      headers: [],
      sdp: peerSdp,
      ...facts,
    })
    return legId
  }

  async create(request: Partial<NewOutgoingCall> = {}): Promise<CallRecord> {
    return await this.calls.create({
      accountSid: 'AC1',
      phoneNumberSid: undefined,
      to: '+15550100002',
      from: '+15550100001',
      start: { type: 'url', url: 'http://app/voice', method: 'POST' },
      timeoutMs: 60_000,
      timeLimitMs: undefined,
      sendDigits: undefined,
      statusCallback: {
        url: 'http://app/status',
        method: 'POST',
        events: ['initiated', 'ringing', 'answered', 'completed'],
      },
      fallback: undefined,
      sipAuth: undefined,
      ...request,
    })
  }

  event(event: LegEvent): void {
    this.calls.handle(event)
  }

  answer(legId: string, sdp: string | undefined = peerSdp): void {
    this.event({
      type: 'answered',
      legId,
      status: 200,
      sdp,
      headers: [],
      callId: 'x',
      sourceAddress: '192.0.2.9',
    })
  }

  refuse(legId: string, status: number): void {
    this.event({ type: 'refused', legId, status, reason: '', headers: [], local: false })
  }

  ended(legId: string, cause: (LegEvent & { type: 'ended' })['cause']): void {
    this.event({ type: 'ended', legId, cause })
  }

  /** Commands of one kind. */
  commands<Type extends LegCommand['type']>(type: Type): (LegCommand & { type: Type })[] {
    return this.sent.filter((one): one is LegCommand & { type: Type } => one.type === type)
  }

  /** The leg of the latest INVITE of ours. */
  invitedLeg(): string {
    return this.commands('invite').at(-1)?.legId ?? 'none'
  }

  /** The record of the only call, or of the newest. */
  record(): CallRecord {
    return [...this.stored.values()].at(-1) as CallRecord
  }

  /** Event and CallStatus of each status callback with its SequenceNumber. */
  callbacks(): string[] {
    return this.outbox.map(({ parameters }) => {
      const get = (name: string) => parameters.find(([key]) => key === name)?.[1]
      return `${get('SequenceNumber')} ${get('CallStatus')}`
    })
  }

  /** What must be zero when no call lives. */
  leftovers(): object {
    return {
      calls: this.calls.size,
      legs: this.calls.legCount,
      endpoints: this.plane.openEndpoints,
      sleepers: this.clock.sleeping,
      bugs: this.bugs.length,
    }
  }

  settle(): Promise<void> {
    return this.clock.advance(0)
  }

  #ports(accountLimits: AccountLimits | undefined): CallPorts {
    const router = this
    const write = async (outbox: readonly OutboxEntry[], change: () => void) => {
      await Promise.resolve()
      if (this.failWrites) throw new Error('the disk is full')
      change()
      this.outbox.push(...outbox)
    }
    return {
      sip: { send: (command) => void this.sent.push(command) },
      store: {
        findApplication: async () => undefined,
        findNumber: async (phoneNumber) => ({
          sid: 'PN1',
          // Those of +1555099 are of another account.
          accountSid: phoneNumber.startsWith('+1555099') ? 'AC2' : 'AC1',
          phoneNumber,
          voice: this.voiceUrl === undefined ? undefined : { url: this.voiceUrl, method: 'POST' },
          fallback: undefined,
          statusCallback: { url: 'http://app/status', method: 'POST' },
        }),
        mayCallFrom: async (accountSid, phoneNumber) =>
          (phoneNumber.startsWith('+1555099') ? 'AC2' : 'AC1') === accountSid,
        insertCall: (call, outbox) =>
          write(outbox, () => this.stored.set(call.sid, structuredClone(call))),
        updateCall: (call, outbox) =>
          write(outbox, () => this.stored.set(call.sid, structuredClone(call))),
        findRecording: async (sid) => this.recordings.get(sid),
        insertRecording: (one, outbox) =>
          write(outbox, () => this.recordings.set(one.sid, { ...one })),
        updateRecording: (one, outbox) =>
          write(outbox, () => this.recordings.set(one.sid, { ...one })),
      },
      routes: {
        number: () => this.route,
        allows: () => true,
        sipUri: () => this.findRoute(),
        device: () => this.findRoute(),
      },
      config: {
        mediaBindAddress: () => '127.0.0.1',
        mediaAdvertisedAddress: () => '127.0.0.1',
        sipHost: 'router',
        rtpTimeoutMs: 60_000,
        get callsMax() {
          return router.callsMax
        },
        ...(accountLimits ? { accountLimits } : {}),
        baseUrl: 'http://router',
        defaultCountry: 'US',
        recordingPath: (sid) => `/tmp/${sid}.wav`,
        mayReach: (address) => address.startsWith('192.0.2.'),
      },
      clock: this.clock,
      ids: this.ids,
      events: {
        callStarted: () => {},
        callEnded: () => {},
        callRefused: () => {},
        callFailed: () => {},
        callBlocked: () => {},
        digits: () => {},
        recordingEnded: () => {},
        bug: (error) => this.bugs.push(error),
      },
      outboxFilled: () => {},
    }
  }
}

export function untilStopped(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    signal.addEventListener('abort', () => resolve(), { once: true })
  })
}

export const nothingLeft = { calls: 0, legs: 0, endpoints: 0, sleepers: 0, bugs: 0 }
