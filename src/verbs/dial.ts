import { makeSid } from '../base/ids.js'
import type { Dial } from '../twiml/dial-instruction.js'
import { dialConference } from './conference.js'
import { dialQueue } from './dial-queue.js'
import type { DialOptions, DialOutcome, ProgramLeg } from './leg.js'
import type { JsonObject } from './program-state.js'
import { goOn, type Next, type Verb } from './verb.js'

/** The network needs a moment to tell that nobody answered (contract 2H 12). */
const timeoutBufferMs = 5_000

/** Connects the caller with who answers first; the action is requested when that party is gone. */
export const dial: Verb<Dial> = async (instruction, state, leg, signal) => {
  const { conference, queue } = instruction
  if (conference) return dialConference(instruction, conference, state, leg, signal)
  if (queue) return dialQueue(instruction, queue, state, leg, signal)
  const parties = instruction.parties.filter(({ address, places }) => address || places.length > 0)
  if (parties.length === 0) return outcome(instruction, undefined, undefined)
  const ids = idsOf(instruction, parties.length, state, leg)
  if (state.childSids === undefined) await leg.checkpoint({ ...ids })
  // Keeping the caller ringing only works while nothing has answered yet (contract 2H 15).
  const answerOnBridge = instruction.answerOnBridge && !leg.isAnswered
  if (answerOnBridge) leg.ring()
  else await leg.answer(signal)
  const named = parties.map((party, index) => ({
    ...party,
    childSid: String(ids.childSids[index]),
  }))
  const options = optionsOf(instruction, named, ids.recordingSid, answerOnBridge, leg)
  const result = await leg.dial(options, signal)
  if (result.referredTo === undefined) return outcome(instruction, result, ids.recordingSid)
  return {
    type: 'fetch',
    url: instruction.referUrl,
    method: instruction.referMethod,
    parameters: [['ReferTransferTarget', result.referredTo]],
  }
}

interface DialIds {
  readonly childSids: readonly string[]
  readonly recordingSid: string
}

function idsOf(instruction: Dial, count: number, state: JsonObject, leg: ProgramLeg): DialIds {
  const known = Array.isArray(state.childSids) ? state.childSids.map(String) : undefined
  const recordingSid = instruction.recording ? makeSid('RE', leg.ids) : ''
  return {
    childSids: known ?? Array.from({ length: count }, () => makeSid('CA', leg.ids)),
    recordingSid: String(state.recordingSid ?? recordingSid),
  }
}

function optionsOf(
  instruction: Dial,
  parties: DialOptions['parties'],
  recordingSid: string,
  answerOnBridge: boolean,
  leg: ProgramLeg,
): DialOptions {
  const { referUrl: url, referMethod: method, recording } = instruction
  return {
    parties,
    isSequential: instruction.isSequential,
    callerId: instruction.callerId,
    timeoutMs: instruction.timeoutMs + timeoutBufferMs,
    timeLimitMs: instruction.timeLimitMs,
    hangupOnStar: instruction.hangupOnStar,
    answerOnBridge,
    ringTone: instruction.ringTone,
    recording: recording && { ...recording, recordingSid },
    transfer: url === undefined ? undefined : { url, method },
    base: leg.documentUrl,
  }
}

/** Without a result there was nobody to be called. */
function outcome(
  instruction: Dial,
  result: DialOutcome | undefined,
  recordingSid: string | undefined,
): Next {
  if (instruction.action === undefined) return goOn
  return {
    type: 'fetch',
    url: instruction.action,
    method: instruction.method,
    parameters: result ? told(instruction, result, recordingSid) : nobody,
  }
}

const nobody = [
  ['DialCallStatus', 'failed'],
  ['DialBridged', 'false'],
] as const

function told(
  { parties }: Dial,
  result: DialOutcome,
  recordingSid: string | undefined,
): readonly (readonly [string, string])[] {
  const { status, childSid, durationMs, bridged, recording } = result
  const isReached = bridged || status === 'completed'
  return [
    ['DialCallStatus', status],
    ['DialCallSid', childSid],
    ...(isReached ? [['DialCallDuration', seconds(durationMs)] as const] : []),
    ['DialBridged', String(bridged)],
    ...(parties.some(({ noun }) => noun === 'Sip') ? sipAnswer(result) : []),
    ...(recording && recordingSid
      ? ([
          ['RecordingUrl', recording.url],
          ['RecordingSid', recordingSid],
          ['RecordingDuration', seconds(recording.durationMs)],
        ] as const)
      : []),
  ]
}

function sipAnswer({ dialled }: DialOutcome): (readonly [string, string])[] {
  if (!dialled) return []
  const { status, callId, headers } = dialled
  return [
    ['DialSipResponseCode', String(status)],
    ...(callId === undefined ? [] : [['DialSipCallId', callId] as const]),
    ...headers.map(([name, value]) => [`DialSipHeader_${name}`, value] as const),
  ]
}

function seconds(durationMs: number): string {
  return String(Math.round(durationMs / 1000))
}
