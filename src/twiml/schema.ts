/**
 * The language as data (contract: `twiml.json`): every element with its attributes and children. Parsing,
 * warnings and the reference in docs/verbs.md come from it.
 */

export type AttributeSchema =
  | { readonly type: 'text' | 'url' | 'digits' }
  /** At most `max` of 0-9 # *; empty: none, which is not the same as absent. */
  | { readonly type: 'keys'; readonly normal: string; readonly max: number }
  | { readonly type: 'method'; readonly normal: 'GET' | 'POST' }
  | { readonly type: 'boolean'; readonly normal: boolean | undefined }
  /** Whole numbers; beyond the limits the nearest counts. */
  | {
      readonly type: 'integer' | 'seconds'
      /** Undefined: it depends on others, or is without a limit. */
      readonly normal: number | undefined
      readonly min: number
      readonly max: number
    }
  | {
      readonly type: 'oneOf'
      readonly values: readonly string[]
      readonly normal: string | undefined
    }
  /** Several of them, parted by spaces or commas. */
  | {
      readonly type: 'words'
      readonly values: readonly string[]
      readonly normal: readonly string[]
    }
  /** `Digits=pin`, several parted by spaces: new names for these parameters of the request that follows. */
  | { readonly type: 'names'; readonly known: readonly string[] }

export interface ElementSchema {
  readonly attributes: Readonly<Record<string, AttributeSchema>>
  /** Names of what may be in it, in alphabetical order. */
  readonly children: readonly string[]
  /** Known, but carried out by a later version only. */
  readonly isLater: boolean
  /** Of the attributes, those that have no effect yet. */
  readonly without: ReadonlySet<string>
}

export type Attributes = ElementSchema['attributes']

interface Rest {
  readonly children?: readonly string[]
  readonly without?: readonly string[]
}

export function element(attributes: Attributes, rest: Rest = {}): ElementSchema {
  const { children = [], without = [] } = rest
  return { attributes, children, isLater: false, without: new Set(without) }
}

export function later(attributes: Attributes, children: readonly string[] = []): ElementSchema {
  return { attributes, children, isLater: true, without: new Set(Object.keys(attributes)) }
}

export const text: AttributeSchema = { type: 'text' }
export const url: AttributeSchema = { type: 'url' }
export const digits: AttributeSchema = { type: 'digits' }
export const post: AttributeSchema = { type: 'method', normal: 'POST' }
export const keys = (normal: string, max: number): AttributeSchema => ({
  type: 'keys',
  normal,
  max,
})
export const flag = (normal?: boolean): AttributeSchema => ({ type: 'boolean', normal })

export function integer(normal: number | undefined, min: number, max: number): AttributeSchema {
  return { type: 'integer', normal, min, max }
}

export function seconds(normal: number | undefined, min: number, max: number): AttributeSchema {
  return { type: 'seconds', normal, min, max }
}

/** The first is the default. */
export function oneOf(values: string): AttributeSchema {
  const all = values.split(' ')
  return { type: 'oneOf', values: all, normal: all[0] }
}

export function maybeOneOf(values: string): AttributeSchema {
  return { type: 'oneOf', values: values.split(' '), normal: undefined }
}

/** Without `normal` none is meant. */
export function words(values: string, normal = ''): AttributeSchema {
  return {
    type: 'words',
    values: values.split(' '),
    normal: normal === '' ? [] : normal.split(' '),
  }
}

/** Names of the parameters that the verb adds. */
export function names(known: string): AttributeSchema {
  return { type: 'names', known: known.split(' ') }
}

/** A status callback with the events that it may be asked for. */
export function callback(prefix: string, events: string, normal = 'completed'): Attributes {
  return {
    [prefix]: url,
    [`${prefix}Event`]: words(events, normal),
    [`${prefix}Method`]: post,
  }
}
