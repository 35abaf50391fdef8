import { readFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { isSupportedCountry } from 'libphonenumber-js'
import { parse as parseYaml } from 'yaml'
import { z } from 'zod'
import { CidrSet, isLoopbackAddress } from '../base/address-policy.js'
import type { AccountLimits } from '../call/outgoing-limits.js'
import type { Gateway } from '../call/trunk-gateway.js'
import { readAuthorities, readTlsFiles, type TlsFiles } from './tls-files.js'
import { parseTrunks } from './trunks.js'
import { parseAllowed } from './trunks-numbers.js'

const algorithms = z.array(z.enum(['SHA-256', 'MD5'])).min(1, 'SHA-256, MD5 or both')

/** Raw settings by their environment names; a YAML file has the same keys in camelCase. */
const schema = z.object({
  DIALPLANE_DATA_DIR: z.string().default('./data'),
  DIALPLANE_HTTP_HOST: z.string().default('127.0.0.1'),
  DIALPLANE_HTTP_PORT: port(8080),
  DIALPLANE_HTTPS_PORT: port(8443),
  DIALPLANE_SIP_HOST: list().default(['127.0.0.1']),
  DIALPLANE_SIP_PORT: port(5060),
  DIALPLANE_SIPS_PORT: port(5061),
  DIALPLANE_TLS_CERT: z.string().optional(),
  DIALPLANE_TLS_KEY: z.string().optional(),
  DIALPLANE_TLS_CA: z.string().optional(),
  DIALPLANE_TLS_WILDCARDS: z.enum(['on', 'off']).default('off'),
  DIALPLANE_PUBLIC_HOST: z.string().optional(),
  DIALPLANE_BASE_URL: z
    .url({ protocol: /^https?$/, error: 'must be an http or https URL' })
    .optional(),
  DIALPLANE_RTP_PORT_MIN: port(20_000),
  DIALPLANE_RTP_PORT_MAX: port(29_999),
  DIALPLANE_RTP_TIMEOUT_SECONDS: z.coerce.number().min(0).max(3_600).default(60),
  DIALPLANE_MEDIA_THREADS: z.coerce.number().int().min(1).max(256).optional(),
  DIALPLANE_MEDIA_CORE: z.enum(['auto', 'native', 'wasm']).default('auto'),
  DIALPLANE_ACCOUNT_SID: z
    .string()
    .regex(/^AC[0-9a-f]{32}$/, 'AC and 32 hex digits')
    .optional(),
  DIALPLANE_AUTH_TOKEN: z.string().min(16, 'at least 16 characters').optional(),
  DIALPLANE_ALLOW_DESTINATIONS: list().optional(),
  DIALPLANE_TRUSTED_SIP: list().optional(),
  DIALPLANE_TRUNKS: z.union([z.string(), z.array(z.unknown())]).optional(),
  DIALPLANE_TRUNK_PROBE_SECONDS: z.coerce.number().min(0).max(3_600).default(30),
  DIALPLANE_TRUNK_SILENCE_SECONDS: z.coerce.number().min(0.5).max(32).default(4),
  DIALPLANE_ALLOW_NUMBERS: list().default([]),
  DIALPLANE_ACCOUNT_CALLS_PER_SECOND: z.coerce.number().gt(0).max(10_000).optional(),
  DIALPLANE_ACCOUNT_CALLS_QUEUED_MAX: z.coerce.number().int().min(0).max(100_000).default(1_000),
  DIALPLANE_ACCOUNT_CALLS_MAX: z.coerce.number().int().min(0).max(100_000).optional(),
  DIALPLANE_ACCOUNT_CALLS_PER_HOUR: z.coerce.number().int().min(0).optional(),
  DIALPLANE_SIP_REALM: z.string().optional(),
  DIALPLANE_SIP_USERS: z.string().optional(),
  DIALPLANE_SIP_DIGEST: list().default(['SHA-256', 'MD5']).pipe(algorithms),
  DIALPLANE_DEMO: z.enum(['auto', 'on', 'off']).default('off'),
  DIALPLANE_DEFAULT_COUNTRY: z.string().length(2).default('US'),
  DIALPLANE_LOOKUP_URL: z
    .string()
    .regex(/^https?:\/\/[^/\s{}]+/i, 'must be an http or https URL')
    .optional(),
  DIALPLANE_CALLS_MAX: z.coerce.number().int().min(1).max(100_000).default(2_000),
  DIALPLANE_SHUTDOWN_SECONDS: z.coerce.number().min(0).max(86_400).default(30),
  DIALPLANE_LOG_LEVEL: z
    .enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'])
    .default('info'),
})

export interface Config {
  readonly dataDir: string
  readonly http: { readonly host: string; readonly port: number }
  readonly sip: {
    /** IP literals; the first of a family is where our own requests leave from. */
    readonly hosts: readonly string[]
    readonly port: number
    readonly realm: string
  }
  /** With a certificate of our own there are listeners for TLS. */
  readonly tls: (TlsFiles & { readonly sipsPort: number; readonly httpsPort: number }) | undefined
  /** PEM of authorities that peers may have, besides those of the system. */
  readonly tlsAuthorities: string | undefined
  /** Whether `*.` in the certificates of SIP peers counts. */
  readonly tlsWildcards: boolean
  readonly publicHost: string | undefined
  readonly baseUrl: string | undefined
  readonly rtp: { readonly portMin: number; readonly portMax: number; readonly timeoutMs: number }
  readonly mediaThreads: number | undefined
  readonly mediaCore: 'auto' | 'native' | 'wasm'
  readonly account: { readonly sid: string | undefined; readonly authToken: string | undefined }
  readonly allowDestinations: readonly string[]
  readonly trustedSip: readonly string[]
  readonly trunks: readonly Gateway[]
  /** How often each gateway is asked whether it is there; 0: never. */
  readonly trunkProbeMs: number
  /** A gateway that sends nothing but 100 for so long is left for another one. */
  readonly trunkSilenceMs: number
  /** Prefixes, some with the account that they are for; undefined: the default country. */
  readonly allowNumbers: readonly string[]
  readonly accountLimits: AccountLimits
  /** Username to password. */
  readonly sipUsers: ReadonlyMap<string, string>
  /** Of our challenges, in their order. */
  readonly sipDigest: readonly ('SHA-256' | 'MD5')[]
  readonly demo: 'auto' | 'on' | 'off'
  readonly defaultCountry: string
  /** Asked what to do with a call to a number that nobody has. */
  readonly lookupUrl: string | undefined
  readonly callsMax: number
  readonly shutdownMs: number
  readonly logLevel: string
}

/** A setting that cannot be used; the message says which and why. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
}

/** Reads settings from the environment, which beats the YAML file. Throws ConfigError. */
export function readConfig(
  environment: { readonly [name: string]: string | undefined },
  file?: string,
): Config {
  const fromFile = file === undefined ? {} : readYaml(file)
  const known = Object.keys(schema.shape)
  refuseUnknown(environment, fromFile, known)
  const given = Object.fromEntries(
    known
      .map((name) => [name, environment[name] || fromFile[name]])
      // In a file 0 and false are values.
      .filter(([, value]) => value !== undefined && value !== null && value !== ''),
  )
  const parsed = schema.safeParse(given)
  if (!parsed.success) {
    const problems = parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`)
    throw new ConfigError(problems.join('; '))
  }
  return configOf(parsed.data)
}

/** Settings of the design that a later version brings: silence would be mistaken for support. */
const later = ['DIALPLANE_DATABASE_URL']

function refuseUnknown(
  environment: { readonly [name: string]: string | undefined },
  fromFile: { readonly [name: string]: unknown },
  known: readonly string[],
): void {
  for (const name of later) {
    if (environment[name] || fromFile[name]) {
      throw new ConfigError(`${name}: not supported by this version`)
    }
  }
  const unknown = [...Object.keys(environment), ...Object.keys(fromFile)].filter(
    (name) => name.startsWith('DIALPLANE_') && !known.includes(name),
  )
  if (unknown.length > 0) throw new ConfigError(`${unknown.join(', ')}: no such setting`)
}

function configOf(raw: z.infer<typeof schema>): Config {
  if (raw.DIALPLANE_RTP_PORT_MIN >= raw.DIALPLANE_RTP_PORT_MAX) {
    throw new ConfigError('DIALPLANE_RTP_PORT_MAX: must be above DIALPLANE_RTP_PORT_MIN')
  }
  const sipHosts = named('DIALPLANE_SIP_HOST', () => sipHostsOf(raw.DIALPLANE_SIP_HOST))
  const sipIsLoopback = sipHosts.every(isLoopback)
  const isLocal =
    sipIsLoopback &&
    isLoopback(raw.DIALPLANE_HTTP_HOST) &&
    !raw.DIALPLANE_PUBLIC_HOST &&
    !raw.DIALPLANE_BASE_URL
  return {
    dataDir: raw.DIALPLANE_DATA_DIR,
    http: { host: raw.DIALPLANE_HTTP_HOST, port: raw.DIALPLANE_HTTP_PORT },
    sip: {
      hosts: sipHosts,
      port: raw.DIALPLANE_SIP_PORT,
      realm: raw.DIALPLANE_SIP_REALM ?? raw.DIALPLANE_PUBLIC_HOST ?? 'dialplane',
    },
    tls: tlsOf(raw),
    tlsAuthorities: readAuthorities(raw.DIALPLANE_TLS_CA, named),
    tlsWildcards: raw.DIALPLANE_TLS_WILDCARDS === 'on',
    publicHost: raw.DIALPLANE_PUBLIC_HOST,
    baseUrl: raw.DIALPLANE_BASE_URL?.replace(/\/+$/, ''),
    rtp: {
      portMin: raw.DIALPLANE_RTP_PORT_MIN,
      portMax: raw.DIALPLANE_RTP_PORT_MAX,
      timeoutMs: raw.DIALPLANE_RTP_TIMEOUT_SECONDS * 1000,
    },
    mediaThreads: raw.DIALPLANE_MEDIA_THREADS,
    mediaCore: raw.DIALPLANE_MEDIA_CORE,
    account: { sid: raw.DIALPLANE_ACCOUNT_SID, authToken: raw.DIALPLANE_AUTH_TOKEN },
    allowDestinations: cidrs(
      'DIALPLANE_ALLOW_DESTINATIONS',
      raw.DIALPLANE_ALLOW_DESTINATIONS ?? (isLocal ? ['127.0.0.0/8', '::1/128'] : []),
    ),
    trustedSip: cidrs(
      'DIALPLANE_TRUSTED_SIP',
      raw.DIALPLANE_TRUSTED_SIP ?? (sipIsLoopback ? loopbackOf(sipHosts) : []),
    ),
    trunks: named('DIALPLANE_TRUNKS', () => parseTrunks(raw.DIALPLANE_TRUNKS)),
    trunkProbeMs: raw.DIALPLANE_TRUNK_PROBE_SECONDS * 1000,
    trunkSilenceMs: raw.DIALPLANE_TRUNK_SILENCE_SECONDS * 1000,
    allowNumbers: allowedNumbers(raw.DIALPLANE_ALLOW_NUMBERS),
    accountLimits: {
      callsPerSecondMax: raw.DIALPLANE_ACCOUNT_CALLS_PER_SECOND,
      queuedMax: raw.DIALPLANE_ACCOUNT_CALLS_QUEUED_MAX,
      callsMax: raw.DIALPLANE_ACCOUNT_CALLS_MAX,
      callsPerHourMax: raw.DIALPLANE_ACCOUNT_CALLS_PER_HOUR,
    },
    sipDigest: raw.DIALPLANE_SIP_DIGEST,
    sipUsers: named('DIALPLANE_SIP_USERS', () => parseUsers(raw.DIALPLANE_SIP_USERS)),
    demo: raw.DIALPLANE_DEMO,
    defaultCountry: countryOf(raw.DIALPLANE_DEFAULT_COUNTRY),
    lookupUrl: raw.DIALPLANE_LOOKUP_URL,
    callsMax: raw.DIALPLANE_CALLS_MAX,
    shutdownMs: raw.DIALPLANE_SHUTDOWN_SECONDS * 1000,
    logLevel: raw.DIALPLANE_LOG_LEVEL,
  }
}

function tlsOf(raw: z.infer<typeof schema>): Config['tls'] {
  const files = readTlsFiles(raw.DIALPLANE_TLS_CERT, raw.DIALPLANE_TLS_KEY, named)
  const ports = { sipsPort: raw.DIALPLANE_SIPS_PORT, httpsPort: raw.DIALPLANE_HTTPS_PORT }
  return files && { ...files, ...ports }
}

function sipHostsOf(given: readonly string[]): readonly string[] {
  const hosts = given.map((host) =>
    host === 'localhost' ? '127.0.0.1' : host.replace(/^\[|\]$/g, ''),
  )
  const wrong = hosts.find((host) => isIP(host) === 0)
  if (wrong !== undefined) throw new Error(`${wrong} is not an IP address`)
  if (hosts.length === 0) throw new Error('must name an address to listen at')
  if (new Set(hosts).size < hosts.length) throw new Error('names an address twice')
  return hosts
}

function loopbackOf(hosts: readonly string[]): readonly string[] {
  return hosts.some((host) => host.includes(':')) ? ['127.0.0.0/8', '::1/128'] : ['127.0.0.0/8']
}

/** The ranges as given, when all of them can be read. */
function cidrs(name: string, ranges: readonly string[]): readonly string[] {
  named(name, () => new CidrSet(ranges))
  return ranges
}

function allowedNumbers(items: readonly string[]): readonly string[] {
  named('DIALPLANE_ALLOW_NUMBERS', () => items.map(parseAllowed))
  return items
}

function countryOf(text: string): string {
  const country = text.toUpperCase()
  if (isSupportedCountry(country)) return country
  throw new ConfigError(`DIALPLANE_DEFAULT_COUNTRY: ${country} is no country with a numbering plan`)
}

function port(normal: number) {
  return z.coerce.number().int().min(0).max(65_535).default(normal)
}

function list() {
  return z
    .union([z.string().transform((text) => text.split(',')), z.array(z.string())])
    .transform((all) => all.map((item) => item.trim()).filter((item) => item !== ''))
}

function parseUsers(text: string | undefined): Map<string, string> {
  const users = new Map<string, string>()
  for (const pair of (text ?? '').split(',').filter((item) => item.trim() !== '')) {
    const at = pair.indexOf(':')
    if (at < 1) throw new Error('must be user:password, separated by commas')
    users.set(pair.slice(0, at).trim(), pair.slice(at + 1))
  }
  return users
}

function readYaml(file: string): { [name: string]: unknown } {
  const content: unknown = named(file, () => parseYaml(readFileSync(file, 'utf8')))
  if (content === null || content === undefined) return {}
  if (typeof content !== 'object') throw new ConfigError(`${file}: must hold keys and values`)
  return Object.fromEntries(
    Object.entries(content).map(([key, value]) => [environmentName(key), value]),
  )
}

/** sipPort → DIALPLANE_SIP_PORT */
function environmentName(key: string): string {
  return `DIALPLANE_${key.replace(/([A-Z])/g, '_$1').toUpperCase()}`
}

function named<Value>(name: string, make: () => Value): Value {
  try {
    return make()
  } catch (error) {
    // One line: more of a YAML error would show the text around it, and passwords in it.
    const [message] = (error instanceof Error ? error.message : String(error)).split('\n', 1)
    throw new ConfigError(`${name}: ${message}`)
  }
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || isLoopbackAddress(host)
}
