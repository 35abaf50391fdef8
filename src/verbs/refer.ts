import { RouterError } from '../base/router-error.js'
import type { Refer } from '../twiml/instruction.js'
import { goOn, type Verb } from './verb.js'

/** Asks the phone of the caller to call somebody else; the call ends here when it has done so. */
export const refer: Verb<Refer> = async (instruction, state, leg, signal) => {
  await leg.answer(signal)
  const { target } = instruction
  if (!/^(?:sips?|tel):[^\s<>"]+$/i.test(target)) {
    throw new RouterError('ERR_REFER_URI', 32110, `<Refer>: "${target}" is not a SIP URI`)
  }
  const referId = String(state.referId ?? leg.ids.hex(8))
  if (state.referId === undefined) await leg.checkpoint({ referId })
  const result = await leg.refer({ referId, target }, signal)
  if (instruction.action === undefined) return goOn
  return {
    type: 'fetch',
    url: instruction.action,
    method: instruction.method,
    parameters: [
      ['ReferCallStatus', result.callStatus],
      ...status('ReferSipResponseCode', result.referStatus),
      ...status('NotifySipResponseCode', result.notifyStatus),
    ],
  }
}

function status(name: string, value: number | undefined): (readonly [string, string])[] {
  return value === undefined ? [] : [[name, String(value)]]
}
