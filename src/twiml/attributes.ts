import type { DocumentWarning } from './document-error.js'
import type { Method, ParameterNames } from './instruction.js'
import { parameterNames } from './parameter-names.js'
import type { AttributeSchema, ElementSchema } from './schema.js'
import type { XmlElement } from './xml.js'

type SchemaOf<Type extends AttributeSchema['type']> = AttributeSchema & { readonly type: Type }

/**
 * Reads the attributes of one element as its schema has them; what is out of range becomes the nearest that
 * is not, or the default. `checkAttributes` tells of it.
 */
export class Attributes {
  readonly #element: XmlElement
  readonly #schema: ElementSchema

  constructor(element: XmlElement, schema: ElementSchema) {
    this.#element = element
    this.#schema = schema
  }

  /** As written; undefined: absent. */
  text(name: string): string | undefined {
    return this.#element.attributes.get(name)
  }

  /** Without white space around it; an empty attribute counts as absent. */
  url(name: string): string | undefined {
    return this.text(name)?.trim() || undefined
  }

  /** Undefined: absent where there is no default. */
  integer(name: string): number | undefined {
    return this.#number(name, this.#of(name, 'integer'))
  }

  /** [ms]; `normal` takes the place of the default [s]. */
  milliseconds(name: string, normal?: number): number {
    const schema = this.#of(name, 'seconds')
    return (this.#number(name, schema) ?? normal ?? 0) * 1000
  }

  boolean(name: string): boolean {
    const { normal = false } = this.#of(name, 'boolean')
    const text = this.url(name)?.toLowerCase()
    return text === 'true' || text === 'false' ? text === 'true' : normal
  }

  /** Undefined: absent where there is no default. */
  oneOf(name: string): string | undefined {
    const { values, normal } = this.#of(name, 'oneOf')
    const text = this.url(name)
    return text !== undefined && values.includes(text) ? text : normal
  }

  /** Keys to be pressed, w and W for pauses; undefined when absent or no such thing. */
  digits(name: string): string | undefined {
    const text = this.url(name)
    return text !== undefined && isDigits(text) ? text : undefined
  }

  /** '' where no key is meant. */
  keys(name: string): string {
    const { normal, max } = this.#of(name, 'keys')
    const text = this.text(name)?.trim()
    return text !== undefined && areKeys(text, max) ? text : normal
  }

  words(name: string): readonly string[] {
    const { values, normal } = this.#of(name, 'words')
    const known = wordsOf(this.text(name)).filter((word) => values.includes(word))
    return known.length > 0 ? known : normal
  }

  /** Undefined: absent, or no such thing. */
  names(name: string): ParameterNames | undefined {
    const text = this.url(name)
    if (text === undefined) return undefined
    const names = parameterNames(text, this.#of(name, 'names').known)
    return names.ok ? names.value : undefined
  }

  method(name: string): Method {
    const text = this.url(name)?.toUpperCase()
    return text === 'GET' || text === 'POST' ? text : this.#of(name, 'method').normal
  }

  #of<Type extends AttributeSchema['type']>(name: string, type: Type): SchemaOf<Type> {
    const schema = this.#schema.attributes[name]
    if (schema?.type !== type) throw new Error(`${this.#element.name} has no ${type} ${name}`)
    return schema as SchemaOf<Type>
  }

  #number(
    name: string,
    { normal, min, max }: { normal: number | undefined; min: number; max: number },
  ): number | undefined {
    const text = this.url(name)
    if (text === undefined || !isNumber(text)) return normal
    return Math.min(max, Math.max(min, Number(text)))
  }
}

/** Attributes whose bad values have codes of their own. */
const problemCodes: { readonly [attribute: string]: number } = { actionOnEmptyResult: 13338 }

/** Warns of everything that is not known, not valid, or without effect. */
export function checkAttributes(
  { name: tag, attributes, line }: XmlElement,
  schema: ElementSchema,
  warnings: DocumentWarning[],
): void {
  const warn = (what: string, errorCode = 12200) =>
    warnings.push({ errorCode, message: `<${tag}>: ${what}`, line })
  for (const [name, text] of attributes) {
    if (name.startsWith('xmlns')) continue
    const known = schema.attributes[name]
    if (!known) {
      warn(`attribute ${name} is not known here and has no effect`)
      continue
    }
    const problem = problemOf(known, text.trim())
    if (problem !== undefined) warn(`${name}="${text}" ${problem}`, problemCodes[name])
    else if (schema.without.has(name) && !isNormal(known, text.trim())) {
      warn(`${name} has no effect in this version`)
    }
  }
}

/** What is wrong with a value; an empty one counts as absent. */
function problemOf(schema: AttributeSchema, value: string): string | undefined {
  if (value === '') return undefined
  switch (schema.type) {
    case 'text':
    case 'url':
      return undefined
    case 'keys':
      return areKeys(value, schema.max) ? undefined : `may hold ${schema.max} of 0-9 # *`
    case 'digits':
      return isDigits(value) ? undefined : 'may hold at most 128 of 0-9 A-D # * w W'
    case 'method':
      return /^(?:get|post)$/i.test(value) ? undefined : 'must be GET or POST'
    case 'boolean':
      return /^(?:true|false)$/i.test(value) ? undefined : 'must be true or false'
    case 'integer':
    case 'seconds': {
      const { min, max } = schema
      const isFine = isNumber(value) && Number(value) >= min && Number(value) <= max
      return isFine ? undefined : `must be a number from ${min} to ${max}`
    }
    case 'oneOf':
      return schema.values.includes(value)
        ? undefined
        : `must be one of ${schema.values.join(', ')}`
    case 'words': {
      const unknown = wordsOf(value).find((word) => !schema.values.includes(word))
      return unknown === undefined ? undefined : `may hold ${schema.values.join(', ')}`
    }
    case 'names': {
      const names = parameterNames(value, schema.known)
      return names.ok ? undefined : names.problem
    }
  }
}

/** Whether a value says what holds anyway. */
function isNormal(schema: AttributeSchema, value: string): boolean {
  if (value === '') return true
  if (!('normal' in schema)) return false
  const { normal } = schema
  if (typeof normal === 'object') return wordsOf(value).join() === normal.join()
  return value.toLowerCase() === String(normal).toLowerCase()
}

function isNumber(text: string): boolean {
  return /^\d{1,9}$/.test(text)
}

function areKeys(text: string, max: number): boolean {
  return text.length <= max && /^[0-9*#]*$/.test(text)
}

function isDigits(text: string): boolean {
  return /^[0-9A-Da-d#*wW]{1,128}$/.test(text)
}

function wordsOf(text = ''): string[] {
  return text.split(/[\s,]+/).filter((word) => word !== '')
}
