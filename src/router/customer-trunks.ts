import type { CustomerTrunk, CustomerTrunksPort, TrunkRecording } from '../call/trunk-call-route.js'
import { type Gateway, routeThrough } from '../call/trunk-gateway.js'
import { TrunkTable, type TrunkTableOptions } from '../call/trunk-table.js'
import { parseSipUri } from '../sip/uri.js'
import type { CustomerTrunkRow, OriginationUrlRow } from '../store/schema.js'

interface Known {
  readonly row: CustomerTrunkRow
  readonly urlCount: number
  readonly trunk: CustomerTrunk
  /** Its URLs as gateways that take every number, with their health. */
  readonly table: TrunkTable
}

/** The trunks to customers' own PBXs, of all accounts: what is asked for each call is in memory. */
export class CustomerTrunks implements CustomerTrunksPort {
  readonly #options: TrunkTableOptions
  readonly #bySid = new Map<string, Known>()
  readonly #byName = new Map<string, Known>()
  #urlCount = 0

  constructor(options: TrunkTableOptions) {
    this.#options = options
  }

  get size(): number {
    return this.#bySid.size
  }

  /** Origination URLs of all trunks. */
  get urlCount(): number {
    return this.#urlCount
  }

  /** Puts a trunk in the place of what was known of it; the health of URLs that stay is kept. */
  set(row: CustomerTrunkRow, urls: readonly OriginationUrlRow[]): void {
    const table = this.#bySid.get(row.sid)?.table ?? new TrunkTable(this.#options)
    this.remove(row.sid)
    const gateways = urls.flatMap((url) => gatewayOf(url, row.secure === 1) ?? [])
    table.set(gateways)
    const known = { row, urlCount: urls.length, trunk: trunkOf(row, table), table }
    this.#urlCount += urls.length
    this.#bySid.set(row.sid, known)
    if (row.domain_name !== null) this.#byName.set(row.domain_name, known)
  }

  remove(sid: string): void {
    const known = this.#bySid.get(sid)
    if (!known) return
    this.#urlCount -= known.urlCount
    this.#bySid.delete(sid)
    const { domain_name: name } = known.row
    // Another one may have its name by now.
    if (name !== null && this.#byName.get(name) === known) this.#byName.delete(name)
  }

  find(sid: string): CustomerTrunk | undefined {
    return this.#bySid.get(sid)?.trunk
  }

  /** By the host of a URI, in lower case. */
  findByHost(host: string): CustomerTrunk | undefined {
    return this.#byName.get(host)?.trunk
  }
}

function trunkOf(row: CustomerTrunkRow, table: TrunkTable): CustomerTrunk {
  const { disaster_recovery_url: url, disaster_recovery_method: method } = row
  return {
    sid: row.sid,
    accountSid: row.account_sid,
    domainName: row.domain_name ?? undefined,
    isSecure: row.secure === 1,
    disasterRecovery: url === '' ? undefined : { url, method: method === 'GET' ? 'GET' : 'POST' },
    transferMode: row.transfer_mode,
    transferCallerId: row.transfer_caller_id,
    recording: recordingOf(row),
    wayTo(phoneNumber, dialler) {
      const route = table.route(phoneNumber, dialler)
      const enabled = table.gateways.filter(({ isEnabled }) => isEnabled)
      const targets = new Set(enabled.map((url) => routeThrough(url, phoneNumber).target))
      return route && { route, targets: [...targets] }
    },
  }
}

function recordingOf({
  recording_mode: mode,
  recording_trim: trim,
}: CustomerTrunkRow): TrunkRecording | undefined {
  if (mode === 'do-not-record') return undefined
  return {
    from: mode.startsWith('record-from-ringing') ? 'ringing' : 'answer',
    channels: mode.endsWith('-dual') ? 'dual' : 'both',
    trimSilence: trim === 'trim-silence',
  }
}

/** Undefined: a secure trunk does not go there. */
function gatewayOf(url: OriginationUrlRow, isSecure: boolean): Gateway | undefined {
  const uri = isSecure ? secured(url.sip_url) : url.sip_url
  if (uri === undefined) return undefined
  return {
    ...{ sid: url.sid, accountSid: url.account_sid, name: url.friendly_name, prefix: '*' },
    ...{ priority: url.priority, weight: url.weight, uri, strip: 0, prepend: '' },
    ...{ username: undefined, password: undefined },
    ...{ callsMax: undefined, callsPerSecondMax: undefined },
    ...{ register: false, expiresS: 0, isEnabled: url.enabled === 1 },
  }
}

/** With TLS and SRTP; undefined: it asks for another transport. */
function secured(sipUrl: string): string | undefined {
  const uri = parseSipUri(sipUrl)
  const transport = uri?.params.get('transport')?.toLowerCase()
  if (!uri || (transport !== undefined && transport !== 'tls')) return undefined
  const plain = sipUrl.replace(/;secure=(?:true|false)(?=;|$)/gi, '')
  const isTls = transport === 'tls' || uri.scheme === 'sips'
  return `${plain}${isTls ? '' : ';transport=tls'};secure=true`
}
