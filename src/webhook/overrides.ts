import { fail, ok, type Result } from '../base/result.js'

/** Failures after which a request is sent again. */
export type RetryCause = '4xx' | '5xx' | 'ct' | 'rt'

/** How one request is sent (contract 2D); its URL may say otherwise in the fragment. */
export interface ConnectionSettings {
  /** Until the connection stands, TLS included [ms], 100 to 10,000. */
  readonly connectTimeoutMs: number
  /** Without a byte of the answer [ms], 100 to 15,000. */
  readonly readTimeoutMs: number
  /** For all tries and redirects together [ms], 100 to 15,000. */
  readonly totalTimeoutMs: number
  /** Tries after the first, 0 to 5. */
  readonly retriesMax: number
  readonly retryOn: ReadonlySet<RetryCause>
  /** Whether TLS names the host that is wanted. */
  readonly hasSni: boolean
}

export interface OverrideFault {
  readonly errorCode: 11100 | 11241
  readonly reason: string
}

export const normalSettings: ConnectionSettings = {
  connectTimeoutMs: 5_000,
  readTimeoutMs: 15_000,
  totalTimeoutMs: 15_000,
  retriesMax: 1,
  retryOn: new Set(['ct']),
  hasSni: true,
}

/** `roaming` leaves the choice to the service; a router of one's own has no other. */
const edges = ['roaming']

const causes: { readonly [word: string]: readonly RetryCause[] } = {
  '4xx': ['4xx'],
  '5xx': ['5xx'],
  ct: ['ct'],
  rt: ['rt'],
  all: ['4xx', '5xx', 'ct', 'rt'],
}

type Change = Partial<ConnectionSettings> | OverrideFault

const parsers: { readonly [name: string]: (value: string) => Change } = {
  ct: (value) => within(value, 'ct', 100, 10_000, (ms) => ({ connectTimeoutMs: ms })),
  rt: (value) => within(value, 'rt', 100, 15_000, (ms) => ({ readTimeoutMs: ms })),
  tt: (value) => within(value, 'tt', 100, 15_000, (ms) => ({ totalTimeoutMs: ms })),
  rc: (value) => within(value, 'rc', 0, 5, (count) => ({ retriesMax: count })),
  rp: retryPolicy,
  e: (value) => {
    const unknown = value.split(',').find((edge) => !edges.includes(edge))
    const isKnown: Partial<ConnectionSettings> = {}
    if (unknown === undefined) return isKnown
    return { errorCode: 11241, reason: `there is no edge '${unknown.slice(0, 40)}'` }
  },
  sni: (value) => {
    if (value === 'y' || value === 'n') return { hasSni: value === 'y' }
    return { errorCode: 11100, reason: 'sni is neither y nor n' }
  },
}

/**
 * The settings that a URL asks for in its fragment: `#ct=100&rc=2&rp=5xx,ct`. A fragment that names
 * none of them is of the application's own making and means nothing here.
 */
export function parseOverrides(
  url: string,
  normal: ConnectionSettings = normalSettings,
): Result<ConnectionSettings, OverrideFault> {
  const hash = url.indexOf('#')
  if (hash < 0) return ok(normal)
  let settings = normal
  for (const pair of url.slice(hash + 1).split('&')) {
    const equals = pair.indexOf('=')
    const name = pair.slice(0, Math.max(0, equals))
    const parse = Object.hasOwn(parsers, name) ? parsers[name] : undefined
    if (!parse) continue
    const change = parse(pair.slice(equals + 1).toLowerCase())
    if ('errorCode' in change) return fail(change)
    settings = { ...settings, ...change }
  }
  return ok(settings)
}

function within(
  value: string,
  name: string,
  min: number,
  max: number,
  change: (number: number) => Partial<ConnectionSettings>,
): Change {
  const number = /^\d{1,6}$/.test(value) ? Number(value) : Number.NaN
  if (number >= min && number <= max) return change(number)
  return { errorCode: 11100, reason: `${name} is not a number from ${min} to ${max}` }
}

function retryPolicy(value: string): Change {
  const retryOn = new Set<RetryCause>()
  for (const word of value.split(',')) {
    const meant = Object.hasOwn(causes, word) ? causes[word] : undefined
    if (!meant) return { errorCode: 11100, reason: 'rp has a word that is no cause of a retry' }
    for (const cause of meant) retryOn.add(cause)
  }
  return { retryOn }
}
