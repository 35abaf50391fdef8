import { DestinationRefusedError } from './guarded-agent.js'
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
  const { name, code } = error as { name?: string; code?: string }
  if (name === 'TimeoutError' || name === 'AbortError') return webhookErrors.timeout(url)
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return webhookErrors.host(url, 'no such name')
  if (code && connectionCodes.has(code)) return webhookErrors.connection(url, error)
  if (code?.startsWith('ERR_TLS') || code?.startsWith('ERR_SSL') || code?.includes('CERT')) {
    return webhookErrors.tls(url, error)
  }
  if (code?.startsWith('HPE_')) return webhookErrors.protocol(url, error)
  return webhookErrors.connection(url, error)
}
