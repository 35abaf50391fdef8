import type { Route } from './ports.js'
import { takeExtras } from './uri-extras.js'

/** A peer that numbers are called through. */
export interface Gateway {
  readonly sid: string
  /** Whose calls it takes; undefined: those of every account. */
  readonly accountSid: string | undefined
  readonly name: string
  /** What a number begins with, + included; '*': every number. */
  readonly prefix: string
  /** The lower one is tried first. */
  readonly priority: number
  /** Its share among those of the same prefix and priority; 0: only when the others fail. */
  readonly weight: number
  /** Without user; with host, port and parameters of the Request-URI, and `secure=true` for SRTP. */
  readonly uri: string
  readonly username: string | undefined
  readonly password: string | undefined
  /** How many leading characters of the number are left out. */
  readonly strip: number
  readonly prepend: string
  /** Calls at once; undefined: no limit. */
  readonly callsMax: number | undefined
  readonly callsPerSecondMax: number | undefined
  /** Whether we register with it. */
  readonly register: boolean
  /** What a registration asks for [s]. */
  readonly expiresS: number
  readonly isEnabled: boolean
}

/** What is no number would choose another host than the gateway's. */
export function isDialable(phoneNumber: string): boolean {
  return /^\+?[0-9]{1,32}$/.test(phoneNumber)
}

/** Whether calls of this account to this number may go there. */
export function serves(gateway: Gateway, phoneNumber: string, accountSid: string): boolean {
  const { isEnabled, prefix } = gateway
  const isTheirs = gateway.accountSid === undefined || gateway.accountSid === accountSid
  return isEnabled && isTheirs && (prefix === '*' || phoneNumber.startsWith(prefix))
}

/** 0 for every number. */
export function prefixLength({ prefix }: Gateway): number {
  return prefix === '*' ? 0 : prefix.length
}

/** The INVITE that a gateway wants for a number (RFC 3261 §19.1.1: the number is the user part). */
export function routeThrough(gateway: Gateway, phoneNumber: string): Route {
  const user = gateway.prepend + phoneNumber.slice(gateway.strip)
  const { target, isMediaSecure } = takeExtras(gateway.uri)
  const colon = target.indexOf(':')
  const rest = target.slice(colon + 1)
  const host = rest.slice(rest.lastIndexOf('@') + 1)
  const { username, password = '' } = gateway
  return {
    target: `${target.slice(0, colon)}:${user}@${host}`,
    isMediaSecure,
    nextHop: undefined,
    credentials: username === undefined ? undefined : { username, password },
  }
}

/** Whether calls through it offer SRTP. */
export function isMediaSecure({ uri }: Gateway): boolean {
  return takeExtras(uri).isMediaSecure
}
