import { RouterError } from '../base/router-error.js'
import type { Call } from './call.js'
import type { Callback } from './call-record.js'
import { normalNumber } from './caller.js'
import type { ChildTarget } from './dial-target.js'

/** Somebody says that a number is its own. */
export interface NewCallerIdValidation {
  readonly accountSid: string
  /** E.164. */
  readonly phoneNumber: string
  readonly friendlyName: string
  /** Until the call begins: 0 to 60,000. */
  readonly delayMs: number
  /** Digits that are sent when it is answered. */
  readonly extension: string | undefined
  readonly statusCallback: Callback | undefined
}

/**
 * How a Dial names its caller to who is called. To a number that is a number of the account, one that it has verified,
 * or one of this call's; to a SIP address any name of `A-Z a-z 0-9 + - _ .` or SIP URI; a client may be told anything. By
 * default it is who has called us. Throws RouterError 13214 when it may not be used (contract 2B.3 Dial).
 */
export async function callerIdOf(
  call: Call,
  noun: ChildTarget['noun'],
  wanted: string | undefined,
): Promise<string> {
  if (wanted === undefined) return call.record.from
  if (noun === 'Client') return wanted
  if (noun === 'Sip') {
    if (/^(?:sips?:.{1,250}|client:.{1,250}|[\w+.-]{1,250})$/s.test(wanted)) return wanted
    throw notAllowed(wanted, 'may hold letters, digits and + - _ .')
  }
  const { config, store } = call.ports
  const number = normalNumber(wanted, config.defaultCountry) ?? wanted
  const { from, to, accountSid } = call.record
  const parties = [from, to].map((party) => normalNumber(party, config.defaultCountry) ?? party)
  if (parties.includes(number)) return number
  if (await store.mayCallFrom(accountSid, number)) return number
  throw notAllowed(wanted, 'is neither a number of this account nor verified, nor one of this call')
}

function notAllowed(callerId: string, why: string): RouterError {
  return new RouterError('ERR_CALLER_ID', 13214, `<Dial>: callerId="${callerId}" ${why}`)
}
