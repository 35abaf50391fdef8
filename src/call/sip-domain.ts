import type { Invited } from '../sip/leg-events.js'
import { parseSipUri } from '../sip/uri.js'
import type { Callback } from './call-record.js'
import { callerOf } from './caller.js'
import type { CallConfig, NumberConfig } from './ports.js'
import type { CustomerTrunksPort, TrunkCalled } from './trunk-call-route.js'

/** A SIP Domain as calls to it need it. */
export interface SipDomainConfig {
  readonly sid: string
  readonly accountSid: string
  /** Host name in lower case. */
  readonly domainName: string
  readonly voice: Callback | undefined
  readonly fallback: Callback | undefined
  readonly statusCallback: Callback | undefined
}

/** What an incoming call is for: a number, or anybody at a SIP Domain. */
export interface Called {
  readonly accountSid: string
  /** E.164, or a SIP URI at the domain. */
  readonly to: string
  readonly phoneNumberSid: string | undefined
  readonly voice: Callback | undefined
  readonly fallback: Callback | undefined
  readonly statusCallback: Callback | undefined
  readonly domain?: Pick<SipDomainConfig, 'sid' | 'domainName'>
  /** The customer's trunk that takes it, in the place of `voice`. */
  readonly through?: TrunkCalled
}

/** A number that nobody has, where there is somebody to be asked about it. */
export function calledUnmapped(
  phoneNumber: string,
  { unmapped }: Pick<CallConfig, 'unmapped'>,
): Called | undefined {
  if (!unmapped) return undefined
  const nothing = { phoneNumberSid: undefined, fallback: undefined, statusCallback: undefined }
  return { ...unmapped, to: phoneNumber, ...nothing }
}

export function calledNumber(
  { sid, phoneNumber, trunkSid, ...settings }: NumberConfig,
  trunks: CustomerTrunksPort | undefined,
): Called {
  const trunk = trunkSid === undefined ? undefined : trunks?.find(trunkSid)
  const called = { to: phoneNumber, phoneNumberSid: sid, ...settings }
  return trunk ? { ...called, through: { trunk, way: 'originating' } } : called
}

/**
 * Who calls a domain, always as a SIP URI: what its callers assert of themselves proves nothing, whichever
 * way they were let in.
 */
export function callerAtDomain(invited: Invited): ReturnType<typeof callerOf> {
  const caller = callerOf({ ...invited, trust: 'digest' })
  if (!caller.from.startsWith('+')) return caller
  return { ...caller, from: invited.from.uri.split(/[;?]/, 1)[0] ?? '' }
}

/** The SIP Domain that is called, by the host of the Request-URI, whatever its user is. */
export function calledDomain(
  { requestUri }: Invited,
  find: (host: string) => SipDomainConfig | undefined,
): Called | undefined {
  const uri = parseSipUri(requestUri)
  const domain = uri && find(uri.host)
  if (!domain) return undefined
  const user = uri.user === undefined ? '' : `${uri.user}@`
  const { accountSid, domainName, voice, fallback, statusCallback } = domain
  return {
    ...{ accountSid, voice, fallback, statusCallback, domain },
    to: `sip:${user}${domainName}`,
    phoneNumberSid: undefined,
  }
}
