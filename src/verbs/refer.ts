import { RouterError } from '../base/router-error.js'
import type { Refer } from '../twiml/instruction.js'
import type { ReferResult } from './leg.js'
import { goOn, type Verb } from './verb.js'

/** Asks the phone of the caller to call somebody else; the call ends here when it has done so. */
export const refer: Verb<Refer> = async (instruction, state, leg, signal) => {
  await leg.answer(signal)
  // Whether it was sent before a restart is all that is known then: twice would be two transfers.
  const result: ReferResult =
    state.isSent === true
      ? { callStatus: 'failed', referStatus: undefined, notifyStatus: undefined }
      : await send(instruction)
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

  async function send({ target }: Refer): Promise<ReferResult> {
    if (!/^(?:sips?|tel):[^\s<>"]+$/i.test(target)) {
      throw new RouterError('ERR_REFER_URI', 32110, `<Refer>: "${target}" is not a SIP URI`)
    }
    await leg.checkpoint({ isSent: true })
    return leg.refer(target, signal)
  }
}

function status(name: string, value: number | undefined): (readonly [string, string])[] {
  return value === undefined ? [] : [[name, String(value)]]
}
