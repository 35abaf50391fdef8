import type { Outcome } from './circuit.js'
import { DestinationRefusedError } from './guarded-pool.js'
import type { ConnectionSettings, RetryCause } from './overrides.js'
import { WebhookError, webhookErrors } from './webhook-error.js'

const connectionCodes = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EPIPE',
  'ETIMEDOUT',
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_SOCKET',
])

/** Gives a failure of the HTTP stack the contract's error code. */
export function translateFailure(url: string, error: unknown): WebhookError {
  if (error instanceof WebhookError) return error
  if (error instanceof DestinationRefusedError) return webhookErrors.host(url, error.message)
  const { name, code } = (error ?? {}) as { readonly name?: string; readonly code?: string }
  if (name === 'TimeoutError' || name === 'AbortError') return webhookErrors.timeout(url)
  if (code === 'UND_ERR_HEADERS_TIMEOUT' || code === 'UND_ERR_BODY_TIMEOUT') {
    return webhookErrors.readTimeout(url)
  }
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return webhookErrors.host(url, 'no such name')
  if (code && connectionCodes.has(code)) return webhookErrors.connection(url, error)
  if (code?.startsWith('ERR_TLS') || code?.startsWith('ERR_SSL') || code?.includes('CERT')) {
    return webhookErrors.tls(url, error)
  }
  if (code?.startsWith('HPE_')) return webhookErrors.protocol(url, error)
  return webhookErrors.connection(url, error)
}

/** The word of a retry policy that fits; undefined: it would fail again. */
export function retryCauseOf(failure: WebhookError): RetryCause | undefined {
  if (failure.code === 'ERR_WEBHOOK_CONNECTION') return 'ct'
  if (failure.code === 'ERR_WEBHOOK_READ_TIMEOUT') return 'rt'
  const status = failure.answer?.status ?? 0
  if (status >= 400 && status <= 499) return '4xx'
  return status >= 500 ? '5xx' : undefined
}

const silent = ['ERR_WEBHOOK_CONNECTION', 'ERR_WEBHOOK_PROTOCOL', 'ERR_WEBHOOK_TLS']
const late = ['ERR_WEBHOOK_TIMEOUT', 'ERR_WEBHOOK_READ_TIMEOUT']

/** What a failure says about its host. One that answers has no fault here, whatever it answers. */
export function outcomeOf(
  failure: WebhookError,
  settings: ConnectionSettings,
  normal: ConnectionSettings,
  signal: AbortSignal,
): Outcome {
  const isOurs = signal.aborted && (signal.reason as { name?: string })?.name !== 'TimeoutError'
  if (isOurs || failure.code === 'ERR_WEBHOOK_HOST') return 'unknown'
  // Too late for a URL that wants it sooner than most is no sign of a host that is down.
  const isHasty =
    settings.connectTimeoutMs < normal.connectTimeoutMs ||
    settings.readTimeoutMs < normal.readTimeoutMs ||
    settings.totalTimeoutMs < normal.totalTimeoutMs
  if (late.includes(failure.code)) return isHasty ? 'unknown' : 'failed'
  return silent.includes(failure.code) ? 'failed' : 'answered'
}
