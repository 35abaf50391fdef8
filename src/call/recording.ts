import { RouterError } from '../base/router-error.js'
import type { Call } from './call.js'
import type { LegAudio, RecordedChannels } from './leg-audio.js'
import type { OutboxEntry, RecordingRecord } from './ports.js'
import { recordingEvent } from './status-events.js'

export interface RecordingOptions {
  readonly recordingSid: string
  readonly durationMsMax: number
  readonly silenceTimeoutMs: number
  readonly trimSilence: boolean
  readonly statusCallback:
    | { readonly url: string; readonly method: 'GET' | 'POST'; readonly events: readonly string[] }
    | undefined
  readonly finish: AbortSignal
  /** Default: what the caller says alone. */
  readonly channels?: RecordedChannels
  /** Default: RecordVerb. */
  readonly source?: RecordingRecord['source']
  /** Default: by the channels. */
  readonly track?: RecordingRecord['track']
  /** Whose media is recorded; default: that of the call. */
  readonly audio?: LegAudio
}

export interface RecordingOutcome {
  readonly durationMs: number
  readonly url: string
}

export function recordingUrl(baseUrl: string, accountSid: string, recordingSid: string): string {
  return `${baseUrl}/2010-04-01/Accounts/${accountSid}/Recordings/${recordingSid}`
}

/** Of one call at once. */
const recordingsMax = 4

/**
 * Records what the caller says, or both ways. The outcome is returned however it ends, also when the caller hangs
 * up; a sid that exists already names a recording of an earlier process, whose outcome is returned.
 */
export async function recordCall(
  call: Call,
  options: RecordingOptions,
  signal: AbortSignal,
): Promise<RecordingOutcome> {
  const { store, config } = call.ports
  const known = await store.findRecording(options.recordingSid)
  if (known) {
    const url = recordingUrl(config.baseUrl, call.record.accountSid, known.sid)
    return { durationMs: known.durationMs ?? 0, url }
  }
  const recording = new LiveRecording(call, options)
  await recording.begin(signal)
  return recording.ended
}

/** A recording of a call while it runs; commands may pause and end it. */
export class LiveRecording {
  readonly record: RecordingRecord
  readonly #call: Call
  readonly #options: RecordingOptions
  readonly #audio: LegAudio
  readonly #stop = new AbortController()
  #recorderId: number | undefined
  /** Of pauses that are over. */
  #leftOutMs = 0
  #leftOutSinceMs: number | undefined
  #ended: Promise<RecordingOutcome> | undefined

  constructor(call: Call, options: RecordingOptions) {
    const { channels = 'received', source = 'RecordVerb', track } = options
    this.#call = call
    this.#options = options
    this.#audio = options.audio ?? call.audio
    this.record = {
      sid: options.recordingSid,
      accountSid: call.record.accountSid,
      callSid: call.sid,
      channels: channels === 'dual' ? 2 : 1,
      source,
      track: track ?? (channels === 'received' ? 'inbound' : 'both'),
      startMs: call.ports.clock.nowMs(),
      status: 'in-progress',
      durationMs: undefined,
    }
  }

  /** How long it is by now, without pauses that are left out [ms]. */
  get soFarMs(): number {
    const untilMs = this.#leftOutSinceMs ?? this.#call.ports.clock.nowMs()
    return Math.max(0, untilMs - this.record.startMs - this.#leftOutMs)
  }

  /** Resolves when it is over and stored; settles by itself after `begin`. */
  get ended(): Promise<RecordingOutcome> {
    if (!this.#ended) throw new Error('the recording has not begun')
    return this.#ended
  }

  /** Resolves when it is stored and records. Rejects with RouterError when the call has too many. */
  async begin(signal: AbortSignal): Promise<void> {
    const { recordings } = this.#call
    if (recordings.size >= recordingsMax) {
      const why = `Call ${this.#call.sid} has ${recordingsMax} recordings already`
      throw new RouterError('ERR_TOO_MANY_RECORDINGS', 21220, why)
    }
    recordings.set(this.record.sid, this)
    const { store } = this.#call.ports
    try {
      await this.#stored((outbox) => store.insertRecording(this.record, outbox))
    } catch (error) {
      recordings.delete(this.record.sid)
      throw error
    }
    this.#ended = this.#run(signal)
  }

  /** Later calls do nothing. */
  stop(): void {
    this.#stop.abort()
  }

  /** Until it is resumed nothing is recorded: the time is left out, or silence takes its place. */
  async pause(instead: 'skip' | 'silence'): Promise<void> {
    if (this.#recorderId === undefined || this.record.status !== 'in-progress') return
    await this.#audio.pauseRecorder(this.#recorderId, instead)
    if (instead === 'skip') this.#leftOutSinceMs = this.#call.ports.clock.nowMs()
    await this.#became('paused')
  }

  async resume(): Promise<void> {
    if (this.#recorderId === undefined || this.record.status !== 'paused') return
    await this.#audio.resumeRecorder(this.#recorderId)
    const nowMs = this.#call.ports.clock.nowMs()
    this.#leftOutMs += nowMs - (this.#leftOutSinceMs ?? nowMs)
    this.#leftOutSinceMs = undefined
    await this.#became('in-progress')
  }

  async #became(status: 'in-progress' | 'paused'): Promise<void> {
    this.record.status = status
    await this.#call.ports.store.updateRecording(this.record, [])
  }

  async #run(signal: AbortSignal): Promise<RecordingOutcome> {
    const { durationMsMax, silenceTimeoutMs, trimSilence, channels, finish } = this.#options
    const { config, store, events } = this.#call.ports
    const { record } = this
    const ended = await this.#audio
      .record(
        {
          ...{
            path: config.recordingPath(record.sid),
            durationMsMax,
            silenceTimeoutMs,
            trimSilence,
          },
          ...(channels === undefined ? {} : { channels }),
        },
        AbortSignal.any([signal, finish, this.#stop.signal, this.#call.endedSignal]),
        (recorderId) => {
          this.#recorderId = recorderId
        },
      )
      .catch(async (error) => {
        record.status = 'failed'
        record.durationMs = 0
        await this.#stored((outbox) => store.updateRecording(record, outbox))
        throw error
      })
      .finally(() => this.#call.recordings.delete(record.sid))
    record.durationMs = ended.durationMs
    record.status = ended.failed ? 'failed' : ended.durationMs === 0 ? 'absent' : 'completed'
    await this.#stored((outbox) => store.updateRecording(record, outbox))
    events.recordingEnded(record)
    const url = recordingUrl(config.baseUrl, record.accountSid, record.sid)
    return { durationMs: ended.durationMs, url }
  }

  async #stored(write: (outbox: readonly OutboxEntry[]) => Promise<void>): Promise<void> {
    const { ports, sid } = this.#call
    const { accountSid } = this.record
    const url = recordingUrl(ports.config.baseUrl, accountSid, this.record.sid)
    const outbox = recordingEvent(this.record, this.#options.statusCallback, url, ports)
    await write(outbox)
    if (outbox.length > 0) ports.outboxFilled(sid)
  }
}
