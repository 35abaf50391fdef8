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
  const pairs: Pair[] = [
    ['CallSid', call.sid],
    ['AccountSid', call.accountSid],
    ['From', call.from],
    ['To', call.to],
    ['CallStatus', call.status],
    ['ApiVersion', '2010-04-01'],
    ['Direction', call.direction],
    ['Caller', call.from],
    ['Called', call.to],
  ]
  const tell = (name: string, value: string | undefined) => {
    if (value !== undefined && value !== '') pairs.push([name, value])
  }
  tell('ForwardedFrom', call.forwardedFrom)
  tell('CallerName', call.callerName)
  tell('ParentCallSid', call.parentCallSid)
  addPlace(pairs, call.from, 'From')
  addPlace(pairs, call.from, 'Caller')
  addPlace(pairs, call.to, 'To')
  addPlace(pairs, call.to, 'Called')
  tell('SipCallId', call.sipCallId)
  tell('SipSourceIp', call.sipSourceIp)
  tell('SipDomain', call.sipDomain)
  tell('SipDomainSid', call.sipDomainSid)
  for (const [name, value] of call.sipHeaders ?? []) pairs.push([`SipHeader_${name}`, value])
  return pairs
}

/** City, state and zip are present and empty when unknown, as applications expect them to be set. */
function addPlace(pairs: Pair[], number: string, prefix: string): void {
  const country = number.startsWith('+') ? countryOf(number) : ''
  pairs.push(
    [`${prefix}City`, ''],
    [`${prefix}State`, ''],
    [`${prefix}Zip`, ''],
    [`${prefix}Country`, country],
  )
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
