import { fail, ok, type Result } from '../base/result.js'
import { type Crypto, parseCrypto } from './security.js'
import type {
  Attribute,
  Direction,
  HeaderExtension,
  MediaDescription,
  Origin,
  RtpMap,
  SessionDescription,
} from './session-description.js'

const textLengthMax = 32_768
const lineCountMax = 1000
const mediaCountMax = 32
const cryptosMax = 16
const extensionsMax = 32
/** Of the session, and of each stream: a browser sends dozens. */
const attributesMax = 128

interface MediaDraft {
  kind: string
  port: number
  protocol: string
  formats: string[]
  connection: string | undefined
  direction: Direction | undefined
  ptimeMs: number | undefined
  maxptimeMs: number | undefined
  rtpmaps: Map<number, RtpMap>
  fmtps: Map<number, string>
  cryptos: Crypto[]
  extensions: HeaderExtension[]
  rtcpMux: boolean
  attributes: Attribute[]
}

interface SessionDraft {
  origin: Origin | undefined
  connection: string | undefined
  direction: Direction | undefined
  attributes: Attribute[]
  media: MediaDraft[]
}

/**
 * Reads a description (RFC 8866 §5). Tolerant where peers are sloppy: CRLF or LF, s= and t= may be
 * missing, unknown lines are skipped. Strict about v=, o=, c= and m=, on which a call depends.
 */
export function parseSdp(text: string): Result<SessionDescription, string> {
  if (text.length > textLengthMax) return fail('description too long')
  const lines = text.split('\n', lineCountMax + 1)
  if (lines.length > lineCountMax) return fail('too many lines')
  if (!/^v=0\s*$/.test(lines[0] ?? '')) return fail('no v=0 line')
  const draft: SessionDraft = {
    origin: undefined,
    connection: undefined,
    direction: undefined,
    attributes: [],
    media: [],
  }
  for (const [index, raw] of lines.entries()) {
    const line = raw.endsWith('\r') ? raw.slice(0, -1) : raw
    if (line === '') continue
    if (line[1] !== '=') return fail(`line ${index + 1} is no type=value`)
    const problem = readLine(draft, line[0] ?? '', line.slice(2))
    if (problem !== undefined) return fail(problem)
  }
  const { origin } = draft
  if (!origin) return fail('no o= line')
  return ok({ ...draft, origin, media: draft.media satisfies MediaDescription[] })
}

function readLine(draft: SessionDraft, type: string, value: string): string | undefined {
  switch (type) {
    case 'o': {
      draft.origin = parseOrigin(value)
      return draft.origin ? undefined : 'bad o= line'
    }
    case 'c': {
      const connection = parseConnection(value)
      const scope = draft.media.at(-1) ?? draft
      scope.connection = connection
      return connection === undefined ? 'bad c= line' : undefined
    }
    case 'm': {
      const media = parseMedia(value)
      if (!media || draft.media.length >= mediaCountMax) return 'bad m= line'
      draft.media.push(media)
      return undefined
    }
    case 'a': {
      readAttribute(draft, value)
      return undefined
    }
    default:
      return undefined
  }
}

function parseOrigin(value: string): Origin | undefined {
  const [username, sessionId, version, , , address] = value.trim().split(/\s+/)
  if (!username || !sessionId || !version || !address) return undefined
  return { username, sessionId, version, address }
}

/** The address of `IN IP4 address[/ttl]`. */
function parseConnection(value: string): string | undefined {
  const match = /^IN\s+IP[46]\s+([A-Za-z0-9.:-]+)(?:\/[0-9/]+)?\s*$/i.exec(value)
  return match?.[1]
}

function parseMedia(value: string): MediaDraft | undefined {
  const [kind, portText, protocol, ...formats] = value.trim().split(/\s+/)
  const port = /^([0-9]{1,5})(?:\/[0-9]+)?$/.exec(portText ?? '')?.[1]
  if (!kind || port === undefined || Number(port) > 65_535 || !protocol) return undefined
  return {
    kind: kind.toLowerCase(),
    port: Number(port),
    protocol,
    formats: formats.slice(0, 128),
    connection: undefined,
    direction: undefined,
    ptimeMs: undefined,
    maxptimeMs: undefined,
    rtpmaps: new Map(),
    fmtps: new Map(),
    cryptos: [],
    extensions: [],
    rtcpMux: false,
    attributes: [],
  }
}

function readAttribute(draft: SessionDraft, attribute: string): void {
  const colon = attribute.indexOf(':')
  const name = (colon < 0 ? attribute : attribute.slice(0, colon)).trim().toLowerCase()
  const value = colon < 0 ? '' : attribute.slice(colon + 1).trim()
  const media = draft.media.at(-1)
  switch (name) {
    case 'sendrecv':
    case 'sendonly':
    case 'recvonly':
    case 'inactive': {
      const scope = media ?? draft
      scope.direction = name
      return
    }
    case 'rtpmap': {
      const match = /^([0-9]{1,3})\s+([^\s/]+)\/([0-9]{1,6})(?:\/([0-9]{1,3}))?/.exec(value)
      const type = Number(match?.[1])
      if (!media || !match?.[2] || type > 127) return
      const channels = match[4] === undefined ? {} : { channels: Number(match[4]) }
      media.rtpmaps.set(type, { name: match[2], clockRateHz: Number(match[3]), ...channels })
      return
    }
    case 'fmtp': {
      const match = /^([0-9]{1,3})\s+(.*)$/s.exec(value)
      if (media && match?.[2] !== undefined) media.fmtps.set(Number(match[1]), match[2])
      return
    }
    case 'crypto': {
      const crypto = parseCrypto(value)
      if (media && crypto && media.cryptos.length < cryptosMax) media.cryptos.push(crypto)
      return
    }
    case 'extmap': {
      const extension = parseExtension(value)
      if (media && extension && media.extensions.length < extensionsMax) {
        media.extensions.push(extension)
      }
      return
    }
    case 'rtcp-mux': {
      if (media) media.rtcpMux = true
      return
    }
    case 'ptime': {
      if (media) media.ptimeMs = milliseconds(value)
      return
    }
    case 'maxptime': {
      if (media) media.maxptimeMs = milliseconds(value)
      return
    }
    default: {
      const { attributes } = media ?? draft
      if (!isName(name) || attributes.length >= attributesMax) return
      attributes.push({ name, value: colon < 0 ? undefined : value })
    }
  }
}

/** A token (RFC 8866 §9). */
function isName(name: string): boolean {
  return /^[!#$%&'*+.^_`{|}~0-9A-Za-z-]+$/.test(name)
}

function parseExtension(value: string): HeaderExtension | undefined {
  const form = /^([0-9]{1,5})(?:\/(sendrecv|sendonly|recvonly|inactive))?\s+(\S+)/i
  const [, id, direction, uri] = form.exec(value) ?? []
  if (id === undefined || uri === undefined) return undefined
  return { id: Number(id), direction: direction?.toLowerCase() as Direction | undefined, uri }
}

function milliseconds(value: string): number | undefined {
  const match = /^([0-9]{1,4})(?:\.[0-9]+)?$/.exec(value)
  return match && Number(match[1]) > 0 ? Number(match[1]) : undefined
}
