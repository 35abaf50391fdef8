import { makeSid } from '../base/ids.js'
import type { StatusCallback } from './call-record.js'
import { conferenceRecordingEvent } from './conference-events.js'
import type { ConferenceMedia } from './conference-media.js'
import type { ConferencePorts } from './conference-ports.js'
import type { ConferenceRecord, ConferenceRecordingRecord } from './conference-record.js'

export interface RecordingWish {
  readonly callSid: string
  readonly trimSilence: boolean
  readonly statusCallback: StatusCallback | undefined
}

/** The recording of a conference: what everybody hears, without what is played to one alone. */
export class ConferenceRecording {
  readonly record: ConferenceRecordingRecord
  readonly #conference: ConferenceRecord
  readonly #wish: RecordingWish
  readonly #ports: ConferencePorts
  readonly #stop = new AbortController()
  #recorderId: number | undefined
  #done: Promise<void> = Promise.resolve()

  constructor(conference: ConferenceRecord, wish: RecordingWish, ports: ConferencePorts) {
    this.#conference = conference
    this.#wish = wish
    this.#ports = ports
    this.record = {
      sid: makeSid('RE', ports.ids),
      accountSid: conference.accountSid,
      conferenceSid: conference.sid,
      callSid: wish.callSid,
      startMs: ports.clock.nowMs(),
      status: 'in-progress',
      durationMs: undefined,
    }
  }

  get isOver(): boolean {
    return this.record.durationMs !== undefined
  }

  /** Resolves when the recording is over and stored. */
  get done(): Promise<void> {
    return this.#done
  }

  start(media: ConferenceMedia): void {
    this.#done = this.#run(media).catch((error) => this.#ports.events.bug(error, undefined))
  }

  stop(): Promise<void> {
    this.#stop.abort()
    return this.#done
  }

  async pause(instead: 'skip' | 'silence'): Promise<void> {
    if (this.#recorderId === undefined || this.isOver || this.record.status === 'paused') return
    await this.#ports.hub.submit({
      ...{ type: 'pauseRecorder', recorderId: this.#recorderId, instead },
    })
    this.record.status = 'paused'
    await this.#ports.store.updateRecording(this.record, [])
  }

  async resume(): Promise<void> {
    if (this.#recorderId === undefined || this.isOver || this.record.status !== 'paused') return
    await this.#ports.hub.submit({ type: 'resumeRecorder', recorderId: this.#recorderId })
    this.record.status = 'in-progress'
    await this.#ports.store.updateRecording(this.record, [])
  }

  async #run(media: ConferenceMedia): Promise<void> {
    const { store, config, events } = this.#ports
    const inserted = this.#stored(store.insertRecording(this.record, this.#callback()))
    const recorded = await media
      .record(
        { path: config.recordingPath(this.record.sid), trimSilence: this.#wish.trimSilence },
        (recorderId) => {
          this.#recorderId = recorderId
        },
        this.#stop.signal,
      )
      .catch(() => ({ durationMs: 0, failed: true }))
    await inserted
    this.record.durationMs = recorded.durationMs
    this.record.status = statusOf(recorded)
    await this.#stored(store.updateRecording(this.record, this.#callback()))
    events.conferenceRecorded(this.record)
  }

  #callback() {
    return conferenceRecordingEvent(
      this.#conference,
      this.record,
      this.#wish.statusCallback,
      this.#ports,
    )
  }

  async #stored(written: Promise<void>): Promise<void> {
    await written
    this.#ports.outboxFilled(this.#conference.sid)
  }
}

function statusOf({ durationMs, failed }: { durationMs: number; failed: boolean }) {
  if (failed) return 'failed'
  return durationMs === 0 ? 'absent' : 'completed'
}
