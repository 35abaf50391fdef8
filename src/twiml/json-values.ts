/** JSON (RFC 8259) with the line of each object, which JSON.parse does not tell. */
export type JsonValue = null | boolean | number | string | readonly JsonValue[] | JsonRecord

export interface JsonRecord {
  readonly fields: ReadonlyMap<string, JsonValue>
  /** 1-based, where it begins. */
  readonly line: number
}

export class JsonProblem extends Error {
  readonly line: number

  constructor(message: string, line: number) {
    super(message)
    this.line = line
  }
}

const depthMax = 64
const token =
  /\s*(?:([{}[\],:])|("(?:[^"\\]|\\.)*")|(-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)|(true|false|null))/y

interface Token {
  readonly text: string
  readonly kind: 'mark' | 'string' | 'number' | 'word'
}

/** Throws JsonProblem for what is not JSON, or names a field twice. */
export function parseJson(source: string): JsonValue {
  const reader = new Reader(source.replace(/^\uFEFF/, ''))
  const value = reader.value(0)
  reader.end()
  return value
}

class Reader {
  readonly #source: string
  #at = 0
  /** How far lines have been counted. */
  #countedTo = 0
  #line = 1

  constructor(source: string) {
    this.#source = source
  }

  value(depth: number): JsonValue {
    if (depth > depthMax) this.#stop(`nested deeper than ${depthMax}`)
    const { kind, text } = this.#next()
    if (text === '{') return this.#record(depth)
    if (text === '[') return this.#list(depth)
    if (kind === 'mark') this.#stop(`unexpected ${text}`)
    return this.#scalar(text)
  }

  end(): void {
    if (this.#source.slice(this.#at).trim() !== '') this.#stop('something after the end')
  }

  #record(depth: number): JsonRecord {
    const line = this.#lineNow()
    const fields = new Map<string, JsonValue>()
    if (this.#takes('}')) return { fields, line }
    for (;;) {
      const name = this.#next()
      if (name.kind !== 'string') this.#stop('a name is expected')
      const key = String(this.#scalar(name.text))
      if (fields.has(key)) this.#stop(`"${key}" stands here twice`)
      this.#expect(':')
      fields.set(key, this.value(depth + 1))
      if (this.#takes('}')) return { fields, line }
      this.#expect(',')
    }
  }

  #list(depth: number): JsonValue[] {
    const values: JsonValue[] = []
    if (this.#takes(']')) return values
    for (;;) {
      values.push(this.value(depth + 1))
      if (this.#takes(']')) return values
      this.#expect(',')
    }
  }

  #scalar(text: string): string | number | boolean | null {
    try {
      return JSON.parse(text) as string | number | boolean | null
    } catch {
      return this.#stop('a character that a string may not have')
    }
  }

  #next(): Token {
    token.lastIndex = this.#at
    const match = token.exec(this.#source)
    if (!match) return this.#stop('not JSON')
    this.#at = token.lastIndex
    const [, mark, string, number, word] = match
    if (mark !== undefined) return { kind: 'mark', text: mark }
    if (string !== undefined) return { kind: 'string', text: string }
    if (number !== undefined) return { kind: 'number', text: number }
    return { kind: 'word', text: word as string }
  }

  #takes(mark: string): boolean {
    const before = this.#at
    const next = this.#next()
    if (next.kind === 'mark' && next.text === mark) return true
    this.#at = before
    return false
  }

  #expect(mark: string): void {
    if (!this.#takes(mark)) this.#stop(`${mark} is expected`)
  }

  #lineNow(): number {
    for (let at = this.#countedTo; at < this.#at; at++) if (this.#source[at] === '\n') this.#line++
    this.#countedTo = Math.max(this.#countedTo, this.#at)
    return this.#line
  }

  #stop(message: string): never {
    throw new JsonProblem(message, this.#lineNow())
  }
}
