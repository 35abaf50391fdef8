import { makeSid } from '../base/ids.js'
import type { Message, Sms } from '../twiml/instruction.js'
import { goOn, type Verb } from './verb.js'

/** Sends a text; the action, if there is one, is told of it and goes on (contract 2B.2). */
export const message: Verb<Message | Sms> = async (instruction, state, leg, signal) => {
  const { verb, to, from, body, mediaUrls, statusCallback, action, method } = instruction
  const prefix = mediaUrls.length > 0 ? 'MM' : 'SM'
  const messageSid = String(state.messageSid ?? makeSid(prefix, leg.ids))
  if (state.messageSid === undefined) await leg.checkpoint({ messageSid })
  const base = leg.documentUrl
  const { status } = await leg.sendMessage(
    { messageSid, to, from, body, mediaUrls, statusCallback, base },
    signal,
  )
  if (action === undefined) return goOn
  const isSms = verb === 'Sms'
  return {
    type: 'fetch',
    url: action,
    method,
    parameters: [
      [isSms ? 'SmsSid' : 'MessageSid', messageSid],
      [isSms ? 'SmsStatus' : 'MessageStatus', status],
    ],
  }
}
