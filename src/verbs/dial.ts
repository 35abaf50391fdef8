import { makeSid } from '../base/ids.js'
import type { Dial, DialTarget } from '../twiml/instruction.js'
import type { DialOutcome, ProgramLeg } from './leg.js'
import { goOn, type Next, type Verb } from './verb.js'

/** The network needs a moment to tell that nobody answered (contract 2H 12). */
const timeoutBufferMs = 5_000

/** Connects the caller with one other party; the action is requested when that party is gone. */
export const dial: Verb<Dial> = async (instruction, state, leg, signal) => {
  const [target] = instruction.targets
  if (!target || target.address === '') return outcome(instruction, undefined, failed)
  const childSid = String(state.childSid ?? makeSid('CA', leg.ids))
  if (state.childSid === undefined) await leg.checkpoint({ childSid })
  // Keeping the caller ringing only works while nothing has answered yet (contract 2H 15).
  const answerOnBridge = instruction.answerOnBridge && !leg.isAnswered
  if (answerOnBridge) leg.ring()
  else await leg.answer(signal)
  const result = await connect(instruction, target, childSid, answerOnBridge, leg, signal)
  if (result.referredTo === undefined) return outcome(instruction, childSid, result)
  return {
    type: 'fetch',
    url: instruction.referUrl,
    method: instruction.referMethod,
    parameters: [['ReferTransferTarget', result.referredTo]],
  }
}

const failed: DialOutcome = { status: 'failed', durationMs: 0, bridged: false }

function connect(
  instruction: Dial,
  target: DialTarget,
  childSid: string,
  answerOnBridge: boolean,
  leg: ProgramLeg,
  signal: AbortSignal,
): Promise<DialOutcome> {
  const { referUrl: url, referMethod: method } = instruction
  return leg.dial(
    {
      childSid,
      target,
      callerId: instruction.callerId,
      timeoutMs: instruction.timeoutMs + timeoutBufferMs,
      timeLimitMs: instruction.timeLimitMs,
      hangupOnStar: instruction.hangupOnStar,
      answerOnBridge,
      transfer: url === undefined ? undefined : { url, method },
      base: leg.documentUrl,
    },
    signal,
  )
}

function outcome(instruction: Dial, childSid: string | undefined, result: DialOutcome): Next {
  if (instruction.action === undefined) return goOn
  const reached = result.bridged || result.status === 'completed'
  return {
    type: 'fetch',
    url: instruction.action,
    method: instruction.method,
    parameters: [
      ['DialCallStatus', result.status],
      ...(childSid === undefined ? [] : [['DialCallSid', childSid] as const]),
      ...(reached
        ? [['DialCallDuration', String(Math.round(result.durationMs / 1000))] as const]
        : []),
      ['DialBridged', String(result.bridged)],
    ],
  }
}
