/** Keys for SRTP in the description itself (SDES, RFC 4568; suites of RFC 4568 §6.2 and RFC 7714 §14.2). */
import type { MediaDescription } from './session-description.js'

/** Bytes of master key and salt. */
const masterBytes = {
  AEAD_AES_128_GCM: 28,
  AES_CM_128_HMAC_SHA1_80: 30,
  AES_CM_128_HMAC_SHA1_32: 30,
} as const
export type SrtpSuite = keyof typeof masterBytes

export const srtpKeyBytesMax = 30

/** One a=crypto line that we can use. */
export interface Crypto {
  readonly tag: number
  readonly suite: SrtpSuite
  /** Master key and salt. */
  readonly key: Uint8Array
}

export interface SrtpSelection {
  readonly suite: SrtpSuite
  readonly sentKey: Uint8Array
  readonly receivedKey: Uint8Array
}

/** Undefined: a suite, a key or a parameter that we cannot honour. */
export function parseCrypto(value: string): Crypto | undefined {
  const match =
    /^([0-9]{1,9})\s+([A-Za-z0-9_]+)\s+inline:([A-Za-z0-9+/]+={0,2})(\|\S*)?(\s.*)?$/.exec(value)
  const suite = match?.[2]?.toUpperCase()
  if (!match || !isSuite(suite)) return undefined
  // A lifetime is no matter (§6.1); with an MKI every packet would have another form.
  if (match[4] !== undefined && !/^\|(2\^)?[0-9]+$/.test(match[4])) return undefined
  // Session parameters that we do not know make the line useless (§6.3.9).
  if (match[5]?.trim()) return undefined
  const key = Uint8Array.from(Buffer.from(match[3] ?? '', 'base64'))
  if (key.length !== masterBytes[suite]) return undefined
  return { tag: Number(match[1]), suite, key }
}

function isSuite(name: string | undefined): name is SrtpSuite {
  return name !== undefined && Object.hasOwn(masterBytes, name)
}

export function writeCrypto({ tag, suite, key }: Crypto): string {
  return `${tag} ${suite} inline:${Buffer.from(key).toString('base64')}`
}

/** Whether the transport of a stream is SRTP: then it must be, and there must be keys. */
export function isSecure({ protocol }: Pick<MediaDescription, 'protocol'>): boolean {
  return /^RTP\/SAVPF?$/i.test(protocol)
}

/** The answer to the first line that we can use (§5.1.2), with a key of ours for what we send. */
export function answerCrypto(
  offered: readonly Crypto[],
  ourKey: Uint8Array,
): { readonly ours: Crypto; readonly selection: SrtpSelection } | undefined {
  const [theirs] = offered
  if (!theirs) return undefined
  const key = ourKey.slice(0, masterBytes[theirs.suite])
  return {
    ours: { ...theirs, key },
    selection: { suite: theirs.suite, sentKey: key, receivedKey: theirs.key },
  }
}

/** What we offer: every suite, with the same key (one of them is used). */
export function offerCrypto(ourKey: Uint8Array): Crypto[] {
  return (Object.keys(masterBytes) as SrtpSuite[]).map((suite, index) => ({
    tag: index + 1,
    suite,
    key: ourKey.slice(0, masterBytes[suite]),
  }))
}

/** What an answer chose of our offer (§5.1.3); undefined: nothing that we offered. */
export function acceptCrypto(
  offered: readonly Crypto[],
  answered: readonly Crypto[],
): SrtpSelection | undefined {
  const [theirs] = answered
  const ours = offered.find(({ tag, suite }) => tag === theirs?.tag && suite === theirs.suite)
  return theirs && ours && { suite: ours.suite, sentKey: ours.key, receivedKey: theirs.key }
}
