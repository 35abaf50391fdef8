import { makeSid } from '../base/ids.js'
import type { Record } from '../twiml/instruction.js'
import type { ProgramLeg, RecordOptions, RecordOutcome } from './leg.js'
import { goOn, type Verb } from './verb.js'

interface RecordSids {
  readonly recordingSid: string
  readonly transcriptionSid: string
}

interface Recorded extends RecordOutcome {
  /** The key that ended it, 'hangup', or '' for silence and the maximum length. */
  readonly digits: string
}

/** Records the caller; the action is requested also after the caller hung up (contract 2B.2). */
export const record: Verb<Record> = async (instruction, state, leg, signal) => {
  await leg.answer(signal)
  const recordingSid = String(state.recordingSid ?? makeSid('RE', leg.ids))
  const transcriptionSid = String(state.transcriptionSid ?? makeSid('TR', leg.ids))
  const sids = { recordingSid, transcriptionSid }
  if (state.recordingSid === undefined) await leg.checkpoint(sids)
  if (state.phase === undefined && instruction.playBeep) await leg.beep(signal)
  if (state.phase === undefined) await leg.checkpoint({ ...sids, phase: 'recording' })
  const recorded =
    state.phase === 'done'
      ? {
          durationMs: Number(state.durationMs),
          url: String(state.url),
          digits: String(state.digits),
        }
      : await recordUntilKey(instruction, sids, leg, signal)
  if (state.phase !== 'done') {
    await leg.checkpoint({ ...sids, phase: 'done', ...recorded })
  }
  if (recorded.durationMs === 0) return goOn
  return {
    type: 'fetch',
    url: instruction.action,
    method: instruction.method,
    parameters: [
      ['RecordingUrl', recorded.url],
      ['RecordingSid', recordingSid],
      ['RecordingDuration', String(Math.round(recorded.durationMs / 1000))],
      ...(recorded.digits === '' ? [] : [['Digits', recorded.digits] as const]),
    ],
  }
}

async function recordUntilKey(
  instruction: Record,
  sids: RecordSids,
  leg: ProgramLeg,
  signal: AbortSignal,
): Promise<Recorded> {
  const finish = new AbortController()
  const over = new AbortController()
  const collector = leg.collect()
  let digits = ''
  const listening = (async () => {
    const until = AbortSignal.any([signal, over.signal])
    while (!until.aborted) {
      const digit = await collector.next(60_000, until).catch(() => undefined)
      if (digit !== undefined && instruction.finishOnKey.includes(digit)) {
        digits = digit
        finish.abort()
        return
      }
    }
  })()
  try {
    const outcome = await leg.record(
      recordOptions(instruction, sids, leg.documentUrl, finish.signal),
      signal,
    )
    return { ...outcome, digits: signal.aborted ? 'hangup' : digits }
  } finally {
    over.abort()
    collector.close()
    await listening
  }
}

function recordOptions(
  instruction: Record,
  { recordingSid, transcriptionSid }: RecordSids,
  base: string | undefined,
  finish: AbortSignal,
): RecordOptions {
  const { recordingStatusCallback: url, transcribeCallback: callbackUrl } = instruction
  return {
    recordingSid,
    durationMsMax: instruction.maxLengthMs,
    silenceTimeoutMs: instruction.timeoutMs,
    trimSilence: instruction.trimSilence,
    statusCallback:
      url === undefined
        ? undefined
        : {
            url,
            method: instruction.recordingStatusCallbackMethod,
            events: instruction.recordingStatusCallbackEvents,
          },
    transcription: callbackUrl === undefined ? undefined : { transcriptionSid, callbackUrl },
    base,
    finish,
  }
}
