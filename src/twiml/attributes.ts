import type { DocumentWarning } from './document-error.js'
import type { Method } from './instruction.js'
import type { XmlElement } from './xml.js'

/** Reads the attributes of one element; what is out of range becomes the default, with a warning. */
export class Attributes {
  readonly #element: XmlElement
  readonly #warnings: DocumentWarning[]
  readonly #read = new Set<string>()

  constructor(element: XmlElement, warnings: DocumentWarning[]) {
    this.#element = element
    this.#warnings = warnings
  }

  text(name: string): string | undefined {
    this.#read.add(name)
    return this.#element.attributes.get(name)
  }

  /** A URL; an empty attribute counts as absent. */
  url(name: string): string | undefined {
    return this.text(name)?.trim() || undefined
  }

  integer(name: string, normal: number, min: number, max: number): number {
    const text = this.text(name)?.trim()
    if (text === undefined || text === '') return normal
    const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN
    if (value >= min && value <= max) return value
    this.#warn(`${name}="${text}" must be a number from ${min} to ${max}`)
    if (Number.isNaN(value)) return normal
    return value < min ? min : max
  }

  seconds(name: string, normal: number, min: number, max: number): number {
    return this.integer(name, normal, min, max) * 1000
  }

  boolean(name: string, normal: boolean): boolean {
    const text = this.text(name)?.trim().toLowerCase()
    if (text === undefined || text === '') return normal
    if (text === 'true' || text === 'false') return text === 'true'
    this.#warn(`${name}="${text}" must be true or false`)
    return normal
  }

  oneOf<Word extends string>(name: string, words: readonly Word[], normal: Word): Word {
    const text = this.text(name)?.trim()
    if (text === undefined || text === '') return normal
    const word = words.find((candidate) => candidate === text)
    if (word === undefined) this.#warn(`${name}="${text}" must be one of ${words.join(', ')}`)
    return word ?? normal
  }

  /** Keys to be pressed, w and W for pauses; undefined when absent or no such thing. */
  digits(name: string): string | undefined {
    const text = this.text(name)?.trim()
    if (text === undefined || text === '') return undefined
    if (/^[0-9A-Da-d#*wW]{1,128}$/.test(text)) return text
    this.#warn(`${name} may hold at most 128 of 0-9 A-D # * w W`)
    return undefined
  }

  words(name: string): readonly string[] {
    return (this.text(name) ?? '').split(/[\s,]+/).filter((word) => word !== '')
  }

  method(name: string, normal: Method = 'POST'): Method {
    const text = this.text(name)?.trim().toUpperCase()
    if (text === undefined || text === '') return normal
    if (text === 'GET' || text === 'POST') return text
    this.#warn(`${name}="${text}" must be GET or POST`)
    return normal
  }

  /** Warns of attributes that are neither read nor known to be accepted without effect. */
  finish(accepted: readonly string[] = []): void {
    for (const name of this.#element.attributes.keys()) {
      if (!this.#read.has(name) && !accepted.includes(name) && !name.startsWith('xml')) {
        this.#warn(`attribute ${name} is not known here and has no effect`)
      }
    }
  }

  #warn(what: string): void {
    const { name, line } = this.#element
    this.#warnings.push({ errorCode: 12200, message: `<${name}>: ${what}`, line })
  }
}
