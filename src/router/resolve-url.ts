import type { Parameters } from '../webhook/signature.js'
import { expandUri } from '../webhook/uri-template.js'
import { webhookErrors } from '../webhook/webhook-error.js'

/**
 * The absolute URL that a document means: its template expanded from the request parameters, resolved
 * against the document's own URL. Throws WebhookError 11100.
 */
export function resolveUrl(url: string, base: string | undefined, parameters: Parameters): string {
  const expanded = expandUri(url, parameters)
  if (!expanded.ok) throw webhookErrors.invalidUrl(url, expanded.problem)
  if (URL.canParse(expanded.value, base)) return new URL(expanded.value, base).href
  const why = base === undefined ? 'it must be absolute here' : 'it is not a URL'
  throw webhookErrors.invalidUrl(expanded.value, why)
}
