import { fail, ok, type Result } from '../base/result.js'
import type { ParameterNames } from './instruction.js'

const newName = /^[A-Za-z_][A-Za-z0-9_.-]{0,63}$/

/** What requests tell besides what the verb adds (contract 2C.1): nothing else may have these names. */
const standard = new Set([
  ...['CallSid', 'AccountSid', 'From', 'To', 'CallStatus', 'ApiVersion', 'Direction', 'Caller'],
  ...['Called', 'ForwardedFrom', 'CallerName', 'ParentCallSid', 'CallToken', 'StirVerstat'],
  ...['SipCallId', 'SipSourceIp', 'SipDomain', 'SipDomainSid', 'ErrorCode', 'ErrorUrl'],
  ...['ConferenceSid', 'FriendlyName', 'QueueSid', 'QueuePosition', 'QueueTime', 'AvgQueueTime'],
  ...['CurrentQueueSize', 'MaxQueueSize', 'DequeingCallSid', 'AnsweredBy'],
  ...['MachineDetectionDuration'],
])
const standardForm = /^(?:(?:From|To|Caller|Called)(?:City|State|Zip|Country)$|(?:Dial)?SipHeader_)/

/** `Digits=pin RecordingUrl=memo`; `known` are the names that can be changed. Fails with what is wrong. */
export function parameterNames(
  text: string,
  known: readonly string[],
): Result<ParameterNames, string> {
  const names = new Map<string, string>()
  for (const pair of text.split(/\s+/).filter((word) => word !== '')) {
    const [from = '', to = '', ...more] = pair.split('=')
    if (!known.includes(from) || more.length > 0 || names.has(from)) {
      return fail(`must give each of ${known.join(', ')} one new name`)
    }
    if (!newName.test(to)) return fail('must hold names of letters, digits and _.- (64 at most)')
    if (to !== from && (standard.has(to) || standardForm.test(to))) {
      return fail(`must not use the name ${to}, which every request may have`)
    }
    names.set(from, to)
  }
  const all = known.map((name) => names.get(name) ?? name)
  if (new Set(all).size < all.length) return fail('must not give one name to two parameters')
  return ok(names)
}
