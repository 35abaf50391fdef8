import { makeSid } from '../base/ids.js'
import type { Dial, QueueNoun } from '../twiml/dial-instruction.js'
import type { ProgramLeg, QueueDialOutcome } from './leg.js'
import type { JsonObject } from './program-state.js'
import { goOn, type Next } from './verb.js'

/** Connects the caller with the first who waits in a queue. */
export async function dialQueue(
  instruction: Dial,
  queue: QueueNoun,
  state: JsonObject,
  leg: ProgramLeg,
  signal: AbortSignal,
): Promise<Next> {
  await leg.answer(signal)
  const { referUrl, referMethod, recording } = instruction
  const recordingSid = String(state.recordingSid ?? (recording ? makeSid('RE', leg.ids) : ''))
  if (state.recordingSid === undefined) await leg.checkpoint({ recordingSid })
  const { timeoutMs, timeLimitMs, hangupOnStar, ringTone } = instruction
  const outcome = await leg.dialQueue(
    {
      ...{ queue, timeoutMs, timeLimitMs, hangupOnStar, ringTone },
      recording: recording && { ...recording, recordingSid },
      transfer: referUrl === undefined ? undefined : { url: referUrl, method: referMethod },
      base: leg.documentUrl,
    },
    signal,
  )
  if (outcome.referredTo !== undefined) {
    const parameters = [['ReferTransferTarget', outcome.referredTo]] as const
    return { type: 'fetch', url: referUrl, method: referMethod, parameters }
  }
  if (instruction.action === undefined) return goOn
  return {
    type: 'fetch',
    url: instruction.action,
    method: instruction.method,
    parameters: told(outcome, recordingSid),
  }
}

function told(
  { status, bridged, durationMs, member, recording }: QueueDialOutcome,
  recordingSid: string,
): (readonly [string, string])[] {
  const seconds = (ms: number) => String(Math.round(ms / 1000))
  return [
    ['DialCallStatus', status],
    ...(member
      ? ([
          ['DialCallSid', member.callSid],
          ['QueueSid', member.queueSid],
          ['QueueTime', String(Math.floor(member.waitMs / 1000))],
        ] as const)
      : []),
    ...(bridged ? [['DialCallDuration', seconds(durationMs)] as const] : []),
    ['DialBridged', String(bridged)],
    ...(recording
      ? ([
          ['RecordingUrl', recording.url],
          ['RecordingSid', recordingSid],
          ['RecordingDuration', seconds(recording.durationMs)],
        ] as const)
      : []),
  ]
}
