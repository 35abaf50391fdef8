import { apiErrors } from './api-error.js'
import type { Parameters } from './parameters.js'

export interface DateBound {
  readonly compare: '<' | '>='
  readonly ms: number
}

const dayMs = 86_400_000
const isoTime = /^\d{4}-\d{2}-\d{2}[T ][\d:.]+(Z|[+-]\d{2}:?\d{2})?$/
const rfc2822Time = /^\w{3}, \d{1,2} \w{3} \d{4} [\d:]{5,8} ([+-]\d{4}|GMT)$/
/** Month first, as in `06/11/2019 22:05:25 MST`. */
const americanTime = /^\d{1,2}\/\d{1,2}\/\d{4} [\d:]{5,8}( [A-Z]{3})?$/

/**
 * The bounds that `Name`, `Name<` and `Name>` ask for: that day, before its midnight, on or after it
 * (contract 2F.1). `Name<=` and `Name>=` in a raw URL parse as the latter two. Dates, and times that
 * name no zone, are UTC.
 */
export function dateRange(name: string, parameters: Parameters): DateBound[] {
  const bounds: DateBound[] = []
  const exact = timeOf(name, parameters.get(name))
  if (exact) {
    bounds.push({ compare: '>=', ms: exact.ms }, { compare: '<', ms: exact.ms + exact.spanMs })
  }
  const before = timeOf(name, parameters.get(`${name}<`))
  if (before) bounds.push({ compare: '<', ms: before.ms })
  const from = timeOf(name, parameters.get(`${name}>`))
  if (from) bounds.push({ compare: '>=', ms: from.ms })
  return bounds
}

/** A day, or a moment with the second that it lasts. */
function timeOf(
  name: string,
  text: string | undefined,
): { ms: number; spanMs: number } | undefined {
  if (text === undefined || text === '') return undefined
  const isDay = /^\d{4}-\d{2}-\d{2}$/.test(text)
  const isKnown = [isoTime, rfc2822Time, americanTime].some((form) => form.test(text))
  const hasZone = /(Z|[+-]\d{2}:?\d{2}|[A-Z]{3})$/.test(text)
  const ms = isDay || isKnown ? Date.parse(isDay || hasZone ? text : `${text}Z`) : Number.NaN
  if (Number.isNaN(ms))
    throw apiErrors.invalid(20001, `${name} must be YYYY-MM-DD, or a time of ISO 8601 or RFC 2822`)
  return { ms, spanMs: isDay ? dayMs : 1_000 }
}
