import { callEvent } from '../../store/call-events.js'
import type { CallEventRow } from '../../store/schema.js'
import { rfc2822 } from './format.js'

/** An exchange as the contract shows it, with what else is known of the answer. */
export function presentCallEvent(row: CallEventRow) {
  const { method, url, parameters } = callEvent(row)
  const named = parameters.map(([name, value]) => [snakeCase(name), value] as const)
  return {
    request: { method, url, parameters: Object.fromEntries(named) },
    response: responseOf(row),
  }
}

/** For formats without nested lists; names of SIP header fields are none for elements of XML. */
export function presentFlatCallEvent(row: CallEventRow) {
  const { method, url, parameters: pairs } = callEvent(row)
  const form = pairs.map(([name, value]): [string, string] => [name, value])
  return { method, url, parameters: new URLSearchParams(form).toString(), ...responseOf(row) }
}

function responseOf(row: CallEventRow) {
  const event = callEvent(row)
  return {
    response_code: event.status,
    request_duration: event.durationMs,
    content_type: event.contentType,
    response_body: event.body,
    date_created: rfc2822(row.created_ms),
    tries: event.tries,
    redirects: event.redirects,
    is_cached: event.isCached,
    error_code: event.errorCode,
    error_message: event.errorMessage,
  }
}

/** CallSid → call_sid, as the contract names parameters here. */
function snakeCase(name: string): string {
  return name.replace(/([a-z0-9])([A-Z])/g, '$1_$2').toLowerCase()
}
