import { parse } from 'rfc6570-uri-template'
import { fail, ok, type Result } from '../base/result.js'
import type { Parameters } from './signature.js'

/** So much a template may hold, and become [characters]. */
const templateCharactersMax = 16_384
const expandedCharactersMax = 65_536

/**
 * Expands an RFC 6570 template from request parameters: `http://h/{Digits}.mp3` (checklist B4-B10).
 * Text without a brace is returned as it is. A variable may never choose the scheme or the host, so a
 * template whose authority contains a brace is refused.
 */
export function expandUri(template: string, parameters: Parameters): Result<string, string> {
  if (!template.includes('{')) return ok(template)
  if (template.length > templateCharactersMax) {
    return fail(`a URI template has at most ${templateCharactersMax} characters`)
  }
  const authorityEnd = endOfAuthority(template)
  if (template.slice(0, authorityEnd).includes('{')) {
    return fail('a template variable must not stand in the scheme or host')
  }
  const variables: Record<string, string> = {}
  for (const [name, value] of parameters) variables[name] = value
  try {
    const uri = parse(template).expand(variables)
    if (uri.length > expandedCharactersMax) {
      return fail(`it becomes longer than ${expandedCharactersMax} characters`)
    }
    const chosenByVariable = authorityEnd === 0 && !template.startsWith('/')
    if (chosenByVariable && (URL.canParse(uri) || uri.startsWith('//'))) {
      return fail('a template variable must not choose the scheme or host')
    }
    return ok(uri)
  } catch (error) {
    return fail(error instanceof Error ? error.message : 'malformed URI template')
  }
}

function endOfAuthority(template: string): number {
  const start = /^[a-z][a-z0-9+.-]*:\/\//i.exec(template)?.[0].length ?? 0
  if (start === 0) return 0
  const end = template.slice(start).search(/[/?#]/)
  return end < 0 ? template.length : start + end
}
