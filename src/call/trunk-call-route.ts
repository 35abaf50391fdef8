import type { Invited } from '../sip/leg-events.js'
import { parseSipUri, userOf } from '../sip/uri.js'
import type { Callback } from './call-record.js'
import { callerOf, normalNumber } from './caller.js'
import type { Route, Routes } from './ports.js'
import type { Called } from './sip-domain.js'
import type { Dialler } from './trunk-table.js'

/** A trunk to a customer's own PBX, as calls through it need it. */
export interface CustomerTrunk {
  readonly sid: string
  readonly accountSid: string
  /** Host name in lower case by which the PBX calls us. */
  readonly domainName: string | undefined
  /** TLS and SRTP alone, both ways. */
  readonly isSecure: boolean
  /** Asked what to do when the PBX cannot be reached. */
  readonly disasterRecovery: Callback | undefined
  readonly transferMode: 'disable-all' | 'enable-all' | 'sip-only'
  readonly transferCallerId: 'from-transferee' | 'from-transferor'
  readonly recording: TrunkRecording | undefined
  /** The way to the PBX, whose addresses are not looked at yet; undefined: there is none. */
  wayTo(phoneNumber: string, dialler: Dialler): WayToPbx | undefined
}

export interface WayToPbx {
  readonly route: Route
  /** Request-URIs of all that may be tried. */
  readonly targets: readonly string[]
}

export interface TrunkRecording {
  readonly from: 'ringing' | 'answer'
  readonly channels: 'both' | 'dual'
  readonly trimSilence: boolean
}

/** A call through a customer's trunk: of its PBX to a number, or to its PBX. */
export interface TrunkCalled {
  readonly trunk: CustomerTrunk
  readonly way: 'terminating' | 'originating'
}

/** Customers' trunks by sid, and by the host that their PBX calls. */
export interface CustomerTrunksPort {
  find(sid: string): CustomerTrunk | undefined
  findByHost(host: string): CustomerTrunk | undefined
}

/** The trunk whose domain is the host of the Request-URI. */
export function trunkCalledBy(
  { requestUri }: Invited,
  trunks: CustomerTrunksPort | undefined,
): CustomerTrunk | undefined {
  const uri = parseSipUri(requestUri)
  return uri && trunks?.findByHost(uri.host)
}

/** What a PBX calls through its trunk; undefined: no number. */
export function calledByPbx(
  { requestUri }: Invited,
  trunk: CustomerTrunk,
  defaultCountry: string,
): Called | undefined {
  const uri = parseSipUri(requestUri)
  const to = uri && normalNumber(userOf(uri) ?? '', defaultCountry)
  if (to === undefined) return undefined
  const nothing = { voice: undefined, fallback: undefined, statusCallback: undefined }
  const { accountSid } = trunk
  return {
    accountSid,
    to,
    phoneNumberSid: undefined,
    ...nothing,
    through: { trunk, way: 'terminating' },
  }
}

/** Who calls for a PBX, as From says: what is asserted besides is not believed. */
export function callerForPbx(invited: Invited): ReturnType<typeof callerOf> {
  return callerOf({ ...invited, trust: 'digest' })
}

/**
 * The way to a PBX with addresses that documents might reach, too. All URLs are looked up at once; one whose
 * address is not allowed or not known counts as one that does not answer.
 */
export async function checkedRoute(
  { route: { trunk: search, ...route }, targets }: WayToPbx,
  routes: Pick<Routes, 'sipUri'>,
  dialler: Dialler,
): Promise<Route> {
  if (!search) return route
  const found = await Promise.all(
    targets.map(async (target) => [target, await routes.sipUri(target, dialler)] as const),
  )
  const ways = new Map<string, Route>()
  for (const [target, way] of found) {
    // A phone of ours is no PBX.
    if (way && way !== 'notRegistered' && way.nextHop !== undefined) ways.set(target, way)
  }
  const mayReach = (address: string) =>
    [...ways.values()].some((way) => way.mayReach?.(address) ?? true)
  return {
    ...route,
    mayReach,
    trunk: {
      silenceMsMax: search.silenceMsMax,
      next() {
        for (let attempt = search.next(); attempt; attempt = search.next()) {
          const way = ways.get(attempt.route.target)
          if (way) return { ...attempt, route: { ...attempt.route, nextHop: way.nextHop } }
          attempt.report({ type: 'refused', status: 503, isLocal: true })
          attempt.release()
        }
        return undefined
      },
    },
  }
}
