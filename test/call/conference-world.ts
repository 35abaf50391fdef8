import { RouterError } from '../../src/base/router-error.js'
import type { Call } from '../../src/call/call.js'
import { type ConferenceOutcome, stayInConference } from '../../src/call/conference-dial.js'
import type { JoinOptions } from '../../src/call/conference-options.js'
import type { ConferenceSounds } from '../../src/call/conference-ports.js'
import type {
  ConferenceRecord,
  ConferenceRecordingRecord,
} from '../../src/call/conference-record.js'
import { Conferences } from '../../src/call/conferences.js'
import type { OutboxEntry } from '../../src/call/ports.js'
import type { MediaCommand } from '../../src/media/port.js'
import { FakeRouter, untilStopped } from './fake-router.js'

const everything = {
  url: 'http://app/events',
  method: 'POST' as const,
  events: 'start end join leave mute hold modify speaker announcement'.split(' '),
}

const normal: JoinOptions = {
  name: 'room',
  label: undefined,
  muted: false,
  beep: 'false',
  startOnEnter: true,
  endOnExit: false,
  wait: { type: 'music' },
  participantsMax: 250,
  record: false,
  trimSilence: true,
  coachedCallSid: undefined,
  statusCallback: everything,
  recordingStatusCallback: undefined,
  jitterBuffer: 'large',
}

/** Calls that go into conferences, in virtual time. */
export class World {
  readonly router = new FakeRouter()
  readonly outbox: OutboxEntry[] = []
  readonly stored = new Map<string, ConferenceRecord>()
  readonly recordings: ConferenceRecordingRecord[] = []
  readonly troubles: RouterError[] = []
  readonly outcomes = new Map<string, ConferenceOutcome>()
  /** URLs that are played now, with who hears them. */
  readonly playing: string[] = []
  conferencesMax = 10
  options: Partial<JoinOptions> = {}
  stay = { timeLimitMs: 14_400_000, hangupOnStar: false }
  readonly conferences: Conferences

  constructor() {
    const { router } = this
    router.program = async (call, start, signal) => {
      await call.answer(signal)
      if (start.type === 'document' && start.twiml === 'elsewhere') {
        await untilStopped(signal)
        return
      }
      const name = start.type === 'document' ? start.twiml : (this.options.name ?? 'room')
      const join = { ...normal, ...this.options, name }
      this.outcomes.delete(call.sid)
      this.outcomes.set(
        call.sid,
        await stayInConference(call, { ...this.stay, join }, this.conferences, signal),
      )
    }
    const world = this
    this.conferences = new Conferences({
      hub: router.hub,
      clock: router.clock,
      ids: router.ids,
      sounds: { play: (...parameters) => this.#play(...parameters) },
      store: {
        insertConference: async (one) => void this.stored.set(one.sid, { ...one }),
        updateConference: async (one, outbox) => {
          this.stored.set(one.sid, { ...one })
          this.outbox.push(...outbox)
        },
        insertRecording: async (one) => void this.recordings.push({ ...one }),
        updateRecording: async (one) => void this.recordings.push({ ...one }),
      },
      events: {
        conferenceStarted: () => {},
        conferenceEnded: () => {},
        conferenceRecorded: () => {},
        conferenceFailed: (_sid, _callSid, error) => this.troubles.push(error),
        bug: (error) => router.bugs.push(error),
      },
      config: {
        get conferencesMax() {
          return world.conferencesMax
        },
        baseUrl: 'http://router',
        recordingPath: (sid) => `/tmp/${sid}.wav`,
      },
      findCall: (sid) => router.calls.find(sid),
      outboxFilled: () => {},
    })
  }

  readonly #play: ConferenceSounds['play'] = async (source, target, signal, onReady) => {
    const url = source.type === 'url' ? source.url : source.type
    if (url.includes('missing')) throw new RouterError('ERR_STATUS', 11200, '404')
    onReady?.()
    const who = `${url} ${'call' in target ? target.call.sid : 'all'}`
    this.playing.push(who)
    try {
      await this.router.clock.sleep(source.type === 'music' ? 1e9 : 2_000, signal)
    } finally {
      this.playing.splice(this.playing.indexOf(who), 1)
    }
  }

  /** A caller that comes in; returns its leg and call. */
  async comes(options: Partial<JoinOptions> = {}): Promise<{ leg: string; call: Call }> {
    this.options = options
    const leg = this.router.invite()
    await this.router.settle()
    return { leg, call: this.router.started.at(-1) as Call }
  }

  async goes(leg: string): Promise<void> {
    this.router.ended(leg, 'bye')
    await this.router.settle()
  }

  events(): string[] {
    return this.outbox.map(({ parameters }) => parameterOf(parameters, 'StatusCallbackEvent'))
  }

  commands<Type extends MediaCommand['type']>(type: Type): (MediaCommand & { type: Type })[] {
    return this.router.plane.commands.filter(
      (one): one is MediaCommand & { type: Type } => one.type === type,
    )
  }

  get only(): ConferenceRecord {
    return [...this.stored.values()].at(-1) as ConferenceRecord
  }
}

export function parameterOf(parameters: OutboxEntry['parameters'], name: string): string {
  return parameters.find(([key]) => key === name)?.[1] ?? ''
}
