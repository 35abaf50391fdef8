import { rm } from 'node:fs/promises'
import type { Call } from '../call/call.js'
import type { OutboxEntry } from '../call/ports.js'
import { recordCall, recordingUrl } from '../call/recording.js'
import type { RecordOptions, RecordOutcome } from '../verbs/leg.js'

/** Carries out a Record; a file of nothing is removed, and who waits for a transcription is told. */
export async function recordFor(
  call: Call,
  options: RecordOptions,
  resolve: (url: string, base: string | undefined) => string,
  signal: AbortSignal,
): Promise<RecordOutcome> {
  const { statusCallback, recordingSid, base } = options
  const transcription = options.transcription && {
    ...options.transcription,
    callbackUrl: resolve(options.transcription.callbackUrl, base),
  }
  const outcome = await recordCall(
    call,
    {
      ...options,
      statusCallback: statusCallback && {
        ...statusCallback,
        url: resolve(statusCallback.url, base),
      },
    },
    signal,
  )
  if (outcome.durationMs === 0) {
    await rm(call.ports.config.recordingPath(recordingSid), { force: true })
  } else if (transcription) {
    await tellNoTranscription(call, recordingSid, transcription)
  }
  return outcome
}

/** There is no speech recognizer: the application hears of that as of any transcription that failed. */
async function tellNoTranscription(
  call: Call,
  recordingSid: string,
  { transcriptionSid, callbackUrl }: NonNullable<RecordOptions['transcription']>,
): Promise<void> {
  const { ports, record, sid } = call
  const { baseUrl } = ports.config
  const { accountSid } = record
  const entry: OutboxEntry = {
    id: ports.ids.hex(16),
    callSid: sid,
    accountSid,
    sequence: -1,
    url: callbackUrl,
    method: 'POST',
    parameters: [
      ['TranscriptionSid', transcriptionSid],
      ['TranscriptionText', ''],
      ['TranscriptionStatus', 'failed'],
      [
        'TranscriptionUrl',
        `${baseUrl}/2010-04-01/Accounts/${accountSid}/Transcriptions/${transcriptionSid}`,
      ],
      ['RecordingSid', recordingSid],
      ['RecordingUrl', recordingUrl(baseUrl, accountSid, recordingSid)],
    ],
  }
  await ports.store.updateCall(record, [entry])
  ports.outboxFilled(sid)
}
