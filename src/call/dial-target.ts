import type { HeaderField } from '../sip/events.js'
import type { Call } from './call.js'
import type { StatusCallback } from './call-record.js'
import type { MachineDetection } from './machine-detection.js'
import type { FoundRoute, ProgramStart, Route, TrunkSearch } from './ports.js'

/** One of several places of a SIP party (RFC 2782 gives the meaning of priority and weight). */
export interface Place {
  readonly address: string
  readonly username: string | undefined
  readonly password: string | undefined
  readonly priority: number
  readonly weight: number
}

/** Who is to be called, as a document names it. */
export interface ChildTarget {
  readonly noun: 'Number' | 'Sip' | 'Client'
  /** A number is already in E.164 where it could be normalised. */
  readonly address: string
  readonly sendDigits: string | undefined
  readonly username: string | undefined
  readonly password: string | undefined
  readonly statusCallback: StatusCallback | undefined
  /** Undefined: it does not matter who answers. */
  readonly machineDetection?: MachineDetection | undefined
  /** Instead of `address`: the next is tried when one cannot be reached. */
  readonly places?: readonly Place[]
  /** Header fields of the INVITE. */
  readonly headers?: readonly HeaderField[]
  /** What the party hears, and may refuse, before it is connected. */
  readonly screening?: ProgramStart | undefined
}

/** Silence of one place after which the next is tried. */
const silenceMsMax = 4_000

/** The way to a party; several places of it are tried one after another. */
export async function routeTo(
  parent: Call,
  target: ChildTarget,
  childSid: string,
): Promise<FoundRoute> {
  const route = await wayTo(parent, target, childSid)
  const { headers = [] } = target
  if (!route || route === 'notRegistered' || headers.length === 0) return route
  return { ...route, headers: [...(route.headers ?? []), ...headers] }
}

async function wayTo(
  parent: Call,
  { noun, address, places = [], ...credentials }: ChildTarget,
  childSid: string,
): Promise<FoundRoute> {
  const { routes } = parent.ports
  if (noun === 'Number') {
    return routes.number(address, { accountSid: parent.record.accountSid, callSid: childSid })
  }
  if (noun === 'Client') return routes.device(address)
  if (places.length === 0) return sipWay(parent, { address, ...credentials })
  const found = await Promise.all(
    inOrder(places, () => parent.ports.ids.uint32()).map((place) => sipWay(parent, place)),
  )
  const ways = found.filter((way) => way !== undefined && way !== 'notRegistered')
  const [first, ...others] = ways
  if (!first || others.length === 0) return first ?? found[0]
  const mayReach = (reached: string) => ways.some((way) => way.mayReach?.(reached) ?? true)
  return { ...first, mayReach, trunk: searchOf(ways) }
}

async function sipWay(
  parent: Call,
  { address, username, password }: Pick<ChildTarget, 'address' | 'username' | 'password'>,
): Promise<FoundRoute> {
  const way = await parent.ports.routes.sipUri(address, parent.record)
  if (!way || way === 'notRegistered' || username === undefined) return way
  return { ...way, credentials: { username, password: password ?? '' } }
}

/** By priority, lowest first; those of one priority in an order drawn by weight. */
function inOrder(places: readonly Place[], random: () => number): readonly Place[] {
  return places
    .map((place) => ({ place, draw: -Math.log((random() + 1) / 2 ** 32) / (place.weight || 1e-6) }))
    .sort((a, b) => a.place.priority - b.place.priority || a.draw - b.draw)
    .map(({ place }) => place)
}

function searchOf(ways: readonly Route[]): TrunkSearch {
  const left = [...ways]
  return {
    silenceMsMax,
    next() {
      const route = left.shift()
      return route && { route, heard() {}, report() {}, release() {} }
    },
  }
}
