import { parsePhoneNumberFromString } from 'libphonenumber-js'

type Pair = readonly [name: string, value: string]

/** What every voice request tells about its call (contract 2C.1). */
export interface VoiceCall {
  readonly sid: string
  readonly accountSid: string
  readonly from: string
  readonly to: string
  readonly status: string
  readonly direction: string
  readonly parentCallSid?: string | undefined
  readonly forwardedFrom?: string | undefined
  readonly callerName?: string | undefined
  readonly sipCallId?: string | undefined
  readonly sipSourceIp?: string | undefined
  readonly sipDomain?: string | undefined
  readonly sipDomainSid?: string | undefined
  /** X- header fields of the INVITE. */
  readonly sipHeaders?: readonly Pair[] | undefined
}

/** The standard parameters with the legacy aliases Caller* and Called* that live applications read. */
export function voiceParameters(call: VoiceCall): Pair[] {
  return [
    ['CallSid', call.sid],
    ['AccountSid', call.accountSid],
    ['From', call.from],
    ['To', call.to],
    ['CallStatus', call.status],
    ['ApiVersion', '2010-04-01'],
    ['Direction', call.direction],
    ['Caller', call.from],
    ['Called', call.to],
    ...optional('ForwardedFrom', call.forwardedFrom),
    ...optional('CallerName', call.callerName),
    ...optional('ParentCallSid', call.parentCallSid),
    ...placeOf(call.from, ['From', 'Caller']),
    ...placeOf(call.to, ['To', 'Called']),
    ...optional('SipCallId', call.sipCallId),
    ...optional('SipSourceIp', call.sipSourceIp),
    ...optional('SipDomain', call.sipDomain),
    ...optional('SipDomainSid', call.sipDomainSid),
    ...(call.sipHeaders ?? []).map(([name, value]): Pair => [`SipHeader_${name}`, value]),
  ]
}

function optional(name: string, value: string | undefined): Pair[] {
  return value === undefined || value === '' ? [] : [[name, value]]
}

/** City, state and zip are present and empty when unknown, as applications expect them to be set. */
function placeOf(number: string, prefixes: readonly string[]): Pair[] {
  const country = number.startsWith('+') ? countryOf(number) : ''
  return prefixes.flatMap((prefix): Pair[] => [
    [`${prefix}City`, ''],
    [`${prefix}State`, ''],
    [`${prefix}Zip`, ''],
    [`${prefix}Country`, country],
  ])
}

const countriesMax = 10_000
const countries = new Map<string, string>()

/** Remembered: finding it costs more than all else of a request, and numbers come again. */
function countryOf(number: string): string {
  const known = countries.get(number)
  if (known !== undefined) return known
  const country = parsePhoneNumberFromString(number)?.country ?? ''
  if (countries.size >= countriesMax) countries.clear()
  countries.set(number, country)
  return country
}
