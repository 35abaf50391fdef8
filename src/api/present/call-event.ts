import type { CallEventRow } from '../../store/schema.js'
import { rfc2822 } from './format.js'

type Pairs = readonly (readonly [name: string, value: string])[]

/** An exchange as the contract shows it, with what else is known of the answer. */
export function presentCallEvent(row: CallEventRow) {
  const parameters = Object.fromEntries(
    pairsOf(row).map(([name, value]) => [snakeCase(name), value] as const),
  )
  return { request: { method: row.method, url: row.url, parameters }, response: responseOf(row) }
}

/** For formats without nested lists; names of SIP header fields are none for elements of XML. */
export function presentFlatCallEvent(row: CallEventRow) {
  const parameters = new URLSearchParams(
    pairsOf(row).map(([name, value]): [string, string] => [name, value]),
  )
  const { method, url } = row
  return { method, url, parameters: parameters.toString(), ...responseOf(row) }
}

function responseOf(row: CallEventRow) {
  return {
    response_code: row.status,
    request_duration: row.duration_ms,
    content_type: row.content_type,
    response_body: row.body,
    date_created: rfc2822(row.created_ms),
    tries: row.tries,
    redirects: row.redirects,
    is_cached: row.is_cached === 1,
    error_code: row.error_code,
    error_message: row.error_message,
  }
}

function pairsOf(row: CallEventRow): Pairs {
  return JSON.parse(row.parameters) as Pairs
}

/** CallSid → call_sid, as the contract names parameters here. */
function snakeCase(name: string): string {
  return name.replace(/([a-z0-9])([A-Z])/g, '$1_$2').toLowerCase()
}
