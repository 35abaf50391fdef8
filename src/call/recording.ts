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

/**
 * Records what the caller says, or both ways. The outcome is returned however it ends, also when the caller hangs
 * up; a sid that exists already names a recording of an earlier process, whose outcome is returned.
 */
export async function recordCall(
  call: Call,
  options: RecordingOptions,
  signal: AbortSignal,
): Promise<RecordingOutcome> {
  const { ports, record } = call
  const { store, clock, config } = ports
  const url = recordingUrl(config.baseUrl, record.accountSid, options.recordingSid)
  const known = await store.findRecording(options.recordingSid)
  if (known) return { durationMs: known.durationMs ?? 0, url }
  const isReceived = (options.channels ?? 'received') === 'received'
  const recording: RecordingRecord = {
    sid: options.recordingSid,
    accountSid: record.accountSid,
    callSid: record.sid,
    channels: options.channels === 'dual' ? 2 : 1,
    source: options.source ?? 'RecordVerb',
    track: options.track ?? (isReceived ? 'inbound' : 'both'),
    startMs: clock.nowMs(),
    status: 'in-progress',
    durationMs: undefined,
  }
  const events = () => recordingEvent(recording, options.statusCallback, url, ports)
  await stored(call, (outbox) => store.insertRecording(recording, outbox), events())
  const ended = await (options.audio ?? call.audio).record(
    {
      path: config.recordingPath(options.recordingSid),
      durationMsMax: options.durationMsMax,
      silenceTimeoutMs: options.silenceTimeoutMs,
      trimSilence: options.trimSilence,
      ...(options.channels === undefined ? {} : { channels: options.channels }),
    },
    AbortSignal.any([signal, options.finish, call.endedSignal]),
  )
  recording.durationMs = ended.durationMs
  recording.status = ended.failed ? 'failed' : ended.durationMs === 0 ? 'absent' : 'completed'
  await stored(call, (outbox) => store.updateRecording(recording, outbox), events())
  ports.events.recordingEnded(recording)
  return { durationMs: ended.durationMs, url }
}

async function stored(
  call: Call,
  write: (outbox: readonly OutboxEntry[]) => Promise<void>,
  outbox: readonly OutboxEntry[],
): Promise<void> {
  await write(outbox)
  if (outbox.length > 0) call.ports.outboxFilled(call.sid)
}
