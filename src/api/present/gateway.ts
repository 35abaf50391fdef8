import type { GatewayRow } from '../../store/schema.js'
import { rfc2822 } from './format.js'

export interface GatewayState {
  readonly isDead: boolean
  readonly calls: number
  /** Ours with it; undefined: it wants none. */
  readonly registration:
    | {
        readonly state: 'registering' | 'registered' | 'failed'
        /** SIP status of the last attempt. */
        readonly status: number | undefined
      }
    | undefined
}

/** A gateway with how it is just now; never its password. */
export function presentGateway(row: GatewayRow, state: GatewayState | undefined) {
  return {
    sid: row.sid,
    account_sid: row.account_sid,
    name: row.name,
    prefix: row.prefix,
    priority: row.priority,
    weight: row.weight,
    uri: row.uri,
    username: row.username,
    has_password: row.password !== null,
    strip: row.strip,
    prepend: row.prepend,
    calls_max: row.calls_max,
    calls_per_second_max: row.calls_per_second_max,
    register: row.register === 1,
    expires: row.expires_s,
    enabled: row.enabled === 1,
    source: row.source,
    status: state?.isDead ? 'dead' : 'alive',
    registration: state?.registration?.state ?? null,
    registration_status: state?.registration?.status ?? null,
    live_calls: state?.calls ?? 0,
    date_created: rfc2822(row.created_ms),
    date_updated: rfc2822(row.updated_ms),
    url: `/dialplane/v1/Gateways/${row.sid}`,
  }
}
