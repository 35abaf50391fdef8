export type Json = null | boolean | number | string | readonly Json[] | JsonObject
export interface JsonObject {
  readonly [name: string]: Json | undefined
}

/** A document to be requested. A type and not an interface, so that it counts as JSON. */
export type DocumentRequest = {
  /** Perhaps relative, perhaps a template. */
  readonly url: string
  /** What a relative URL resolves against. */
  readonly base?: string | undefined
  readonly method: 'GET' | 'POST'
  /** Beyond the standard parameters. */
  readonly parameters: readonly (readonly [name: string, value: string])[]
  /** The same on every try, also after a restart. */
  readonly token: string
}

export type ProgramDocument = {
  /** Where it came from; undefined for a document given in a REST request. */
  readonly url?: string | undefined
  readonly contentType: string
  /** Text, or for audio the reference under which it is kept. */
  readonly body: string
}

/**
 * Where a program stands, as plain JSON: what to request next, or the document with the index of the
 * running instruction and that verb's own state. All that is needed to go on after a restart.
 */
export type ProgramState = {
  readonly request?: DocumentRequest | undefined
  readonly document?: ProgramDocument | undefined
  readonly index: number
  readonly verb: JsonObject
  /** The fallback URL has been used; it is used once. */
  readonly fellBack: boolean
  /** Documents requested so far. */
  readonly documents: number
}

export function startAt(request: DocumentRequest): ProgramState {
  return { request, document: undefined, index: 0, verb: {}, fellBack: false, documents: 0 }
}

export function startWith(document: ProgramDocument): ProgramState {
  return { request: undefined, document, index: 0, verb: {}, fellBack: false, documents: 0 }
}
