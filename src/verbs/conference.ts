import { makeSid } from '../base/ids.js'
import type { ConferenceNoun, Dial } from '../twiml/dial-instruction.js'
import type { ConferenceOptions, ConferenceResult, ProgramLeg } from './leg.js'
import type { JsonObject } from './program-state.js'
import { goOn, type Next } from './verb.js'

/**
 * What Dial does with a conference: the call is in it until it leaves or the conference ends. Which one
 * and how is all in the document, so that a resumed program comes back by the name.
 */
export async function dialConference(
  instruction: Dial,
  noun: ConferenceNoun,
  state: JsonObject,
  leg: ProgramLeg,
  signal: AbortSignal,
): Promise<Next> {
  const { timeLimitMs, hangupOnStar, recording } = instruction
  const known = state.recordingSid
  const recordingSid = recording && String(known ?? makeSid('RE', leg.ids))
  // How long it may stay counts from when it first came.
  const sinceMs = Number(state.sinceMs ?? leg.clock.nowMs())
  if (state.sinceMs === undefined) {
    await leg.checkpoint({ conference: noun.name, sinceMs, recordingSid })
  }
  await leg.answer(signal)
  const options: ConferenceOptions = {
    conference: noun,
    timeLimitMs: Math.max(0, timeLimitMs - (leg.clock.nowMs() - sinceMs)),
    hangupOnStar,
    recording: recording && recordingSid !== undefined ? { ...recording, recordingSid } : undefined,
    base: leg.documentUrl,
  }
  const result = await leg.joinConference(options, signal)
  return outcome(instruction, result, recordingSid)
}

/** DialCallSid and DialCallDuration are not told of a conference (contract 2H 14). */
function outcome(instruction: Dial, result: ConferenceResult, recordingSid?: string): Next {
  if (instruction.action === undefined) return goOn
  const { status, recording } = result
  return {
    type: 'fetch',
    url: instruction.action,
    method: instruction.method,
    parameters: [
      ['DialCallStatus', status],
      ...(recording && recordingSid
        ? ([
            ['RecordingUrl', recording.url],
            ['RecordingSid', recordingSid],
            ['RecordingDuration', String(Math.round(recording.durationMs / 1000))],
          ] as const)
        : []),
    ],
  }
}
