import type { Call } from './call.js'
import type { StatusCallback } from './call-record.js'
import type { RecordedChannels } from './leg-audio.js'
import type { RecordingRecord } from './ports.js'
import { type RecordingOutcome, recordCall } from './recording.js'

/** What is recorded while a caller is connected with another party. */
export interface TalkRecording {
  readonly recordingSid: string
  readonly from: 'ringing' | 'answer'
  /** Of the caller; `outbound`: what the other party says alone. */
  readonly channels: RecordedChannels | 'outbound'
  readonly trimSilence: boolean
  readonly statusCallback: StatusCallback | undefined
  readonly source: RecordingRecord['source']
}

const durationMsMax = 14_400_000

/** Records a caller and who was called for it, from the first ringing or from the answer on. */
export class TalkRecorder {
  readonly #call: Call
  readonly #recording: TalkRecording
  readonly #finish = new AbortController()
  #done: Promise<RecordingOutcome | undefined> | undefined

  constructor(call: Call, recording: TalkRecording) {
    this.#call = call
    this.#recording = recording
  }

  begin(at: 'ringing' | 'answer', party: Call): void {
    const { from, channels, ...recording } = this.#recording
    const isOfParty = channels === 'outbound'
    const isEarly = at === 'ringing' && (from === 'answer' || isOfParty)
    if (this.#done || isEarly) return
    const call = this.#call
    const options = {
      ...recording,
      ...{ durationMsMax, silenceTimeoutMs: 0, finish: this.#finish.signal },
      ...(isOfParty
        ? { channels: 'received' as const, track: 'outbound' as const, audio: party.audio }
        : { channels }),
    }
    this.#done = recordCall(call, options, call.endedSignal).catch((error) => {
      if (!this.#finish.signal.aborted) call.ports.events.bug(error, call.sid)
      return undefined
    })
  }

  /** Undefined: nothing was recorded. */
  async end(): Promise<RecordingOutcome | undefined> {
    this.#finish.abort()
    return this.#done
  }
}
