import { fail, ok, type Result } from '../base/result.js'
import type { Flow, HeaderField } from './events.js'
import { parseNumber, splitOutside } from './grammar.js'
import type { RequestEnvelope } from './inspect.js'
import { headerOf } from './message.js'
import { type NameAddr, parseNameAddr } from './name-addr.js'
import type { Binding } from './outside-events.js'
import type { ResponseParts } from './respond.js'
import { parseSipUri } from './uri.js'

const expiresDefaultSeconds = 3600
const expiresMinSeconds = 60
const expiresMaxSeconds = 7200
/** What one binding may hold: a table of a hundred thousand has to fit into memory. */
const contactLengthMax = 512
const instanceLengthMax = 256
const pathLengthMax = 1024
const userAgentLengthMax = 128

/** One Contact of a REGISTER. */
export interface Requested {
  readonly binding: Binding
  readonly isRemoval: boolean
}

interface Fault extends ResponseParts {
  readonly status: number
}

const badRequest = (reason: string): Result<never, Fault> => fail({ status: 400, reason })

/** What the Contacts of a REGISTER ask for, before it is compared with what there is. */
export function requestedBindings(
  envelope: RequestEnvelope,
  flow: Flow,
  addressOfRecord: string,
  nowMs: number,
): Result<readonly Requested[] | 'removeAll', Fault> {
  const { headers } = envelope.request
  const values = valuesOf(headers, 'Contact').flatMap((value) => splitOutside(value, ',') ?? [])
  const expires = headerOf(headers, 'Expires')
  if (values.includes('*')) {
    // RFC 3261 §10.3, step 6.
    return values.length === 1 && expires?.trim() === '0' ? ok('removeAll') : badRequest('Bad *')
  }
  const path = valuesOf(headers, 'Path').flatMap((value) => splitOutside(value, ',') ?? [])
  if (path.join().length > pathLengthMax) return badRequest('Path Too Long')
  if (!path.every((value) => parseSipUri(parseNameAddr(value)?.uri ?? ''))) {
    return badRequest('Bad Path')
  }
  const requested: Requested[] = []
  for (const value of values) {
    const contact = parseNameAddr(value)
    const uri = contact && parseSipUri(contact.uri)
    const instanceId = contact?.params.get('+sip.instance') || undefined
    const isTooLong =
      value.length > contactLengthMax || (instanceId?.length ?? 0) > instanceLengthMax
    if (!contact || !uri || isTooLong) return badRequest('Bad Contact')
    const seconds = expiresSeconds(contact, expires)
    if (seconds > 0 && seconds < expiresMinSeconds) return tooBrief
    const binding: Binding = {
      addressOfRecord,
      contactUri: contact.uri,
      expiresAtMs: nowMs + Math.min(seconds, expiresMaxSeconds) * 1000,
      priority: priorityOf(contact),
      callId: envelope.callId,
      cseq: envelope.cseq,
      instanceId,
      regId: regIdOf(contact, instanceId),
      path,
      flow: wayBack(envelope, flow, uri),
      userAgent: (headerOf(headers, 'User-Agent') ?? '').slice(0, userAgentLengthMax),
    }
    requested.push({ binding, isRemoval: seconds === 0 })
  }
  return ok(requested)
}

/** All values of a field whose name need not be known to the parser. */
export function valuesOf(headers: readonly HeaderField[], name: string): string[] {
  const wanted = name.toLowerCase()
  return headers.filter((field) => field.name.toLowerCase() === wanted).map(({ value }) => value)
}

/** §10.3, step 7, last part. */
const tooBrief: Result<never, Fault> = fail({
  status: 423,
  headers: [{ name: 'Min-Expires', value: String(expiresMinSeconds) }],
})

/** §10.2.1.1: of the Contact, else of the request; what cannot be read counts as an hour (§20.19). */
function expiresSeconds(contact: NameAddr, field: string | undefined): number {
  const text = contact.params.get('expires') ?? field?.trim()
  return parseNumber(text ?? '', 0xffff_ffff) ?? expiresDefaultSeconds
}

function priorityOf({ params }: NameAddr): number {
  const text = params.get('q') ?? ''
  return /^(?:0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/.test(text) ? Number(text) : 1
}

/** RFC 5626 §4.2: from 1 on, and only with an instance. */
function regIdOf({ params }: NameAddr, instanceId: string | undefined): number | undefined {
  if (instanceId === undefined) return undefined
  return parseNumber(params.get('reg-id') ?? '', 0x7fff_ffff) || undefined
}

/**
 * The way back is where the request came from. Only a UDP client that does not promise to listen there
 * (RFC 3581 §3), and is not behind a NAT, is reached at the port of its Contact.
 */
function wayBack(
  { via }: RequestEnvelope,
  flow: Flow,
  contact: { host: string; port?: number | undefined },
): Flow {
  const listensElsewhere =
    flow.transport === 'udp' && !via.params.has('rport') && contact.host === flow.remoteAddress
  return listensElsewhere ? { ...flow, remotePort: contact.port ?? 5060 } : flow
}
