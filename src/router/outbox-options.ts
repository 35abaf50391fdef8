import type { CallRecord } from '../call/call-record.js'
import { findCall } from '../store/calls.js'
import type { Store } from '../store/store.js'
import type { RequestOptions } from '../webhook/request-options.js'
import type { Parameters } from '../webhook/signature.js'
import { callRecord } from './sql-call-store.js'
import { ancestorsMax, numberOf, type WebhookOptionsTable } from './webhook-options.js'

interface OutboxOptionsParts {
  readonly store: Store
  readonly webhookOptions: Pick<WebhookOptionsTable, 'has' | 'ofNumber'>
}

/**
 * The options of a stored callback: of a call's number, of the number that a text is from, or, for a
 * conference, of the account.
 */
export async function outboxOptions(
  accountSid: string,
  call: CallRecord | undefined,
  own: Parameters,
  { store, webhookOptions }: OutboxOptionsParts,
): Promise<RequestOptions | undefined> {
  if (!webhookOptions.has(accountSid)) return undefined
  if (!call) {
    const isText = own.some(([name]) => name === 'MessageSid')
    const from = own.find(([name]) => name === 'From')?.[1]
    return webhookOptions.ofNumber(accountSid, isText ? from : undefined)
  }
  const ancestors = new Map<string, CallRecord>()
  for (let sid = call.parentCallSid; sid !== undefined && ancestors.size < ancestorsMax; ) {
    const [row] = await store.read(findCall(accountSid, sid))
    if (!row || ancestors.has(sid)) break
    const ancestor = callRecord(row)
    ancestors.set(sid, ancestor)
    sid = ancestor.parentCallSid
  }
  return webhookOptions.ofNumber(
    accountSid,
    numberOf(call, (sid) => ancestors.get(sid)),
  )
}
