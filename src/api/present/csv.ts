import { camelCase } from './xml.js'

/** A list as CSV (RFC 4180): a header of CamelCase names, then a line for each resource. */
export function csvList(items: readonly object[]): string {
  const [first] = items
  if (!first) return ''
  const keys = Object.entries(first)
    .filter(([, value]) => value === null || typeof value !== 'object')
    .map(([key]) => key)
  const lines = items.map((item) =>
    keys.map((key) => cell((item as { [key: string]: unknown })[key])).join(','),
  )
  return [keys.map(camelCase).join(','), ...lines, ''].join('\r\n')
}

function cell(value: unknown): string {
  const text = value === null || value === undefined ? '' : String(value)
  // A cell that a spreadsheet would run as a formula gets a quote in front; numbers stay.
  const safe = /^[=@\t\r]|^[+-](?!\d)/.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}
