import type { Enqueue, Leave } from '../twiml/instruction.js'
import { goOn, type Verb } from './verb.js'

/**
 * Waits in a queue. Its action is requested also when the call was hung up or redirected meanwhile; who was
 * connected requests it when that conversation is over (contract 2B.2).
 */
export const enqueue: Verb<Enqueue> = async (instruction, state, leg, signal) => {
  await leg.answer(signal)
  const enqueuedMs = Number(state.enqueuedMs ?? leg.clock.nowMs())
  // One that is resumed keeps its place.
  if (state.enqueuedMs === undefined) await leg.checkpoint({ enqueuedMs })
  const { name, sizeMax, waitUrl, waitMethod } = instruction
  const base = leg.documentUrl
  const outcome = await leg.enqueue(
    { name, sizeMax, waitUrl, waitMethod, enqueuedMs, base },
    signal,
  )
  if (instruction.action === undefined) {
    if (signal.aborted) throw signal.reason
    return goOn
  }
  return {
    type: 'fetch',
    url: instruction.action,
    method: instruction.method,
    parameters: [
      ['QueueResult', outcome.result],
      ['QueueSid', outcome.queueSid],
      ['QueueTime', String(Math.floor(outcome.waitMs / 1000))],
    ],
    isToldAfterRedirect: true,
  }
}

export const leave: Verb<Leave> = async () => ({ type: 'leave' })
