import type { IncomingMessage } from 'node:http'
import { z } from 'zod'
import { ApiError, apiErrors } from './api-error.js'

const bodyBytesMax = 262_144
const fieldsMax = 1_000

/** Form fields and query parameters of a request; names may repeat. */
export class Parameters {
  readonly #fields: URLSearchParams

  constructor(fields: URLSearchParams) {
    this.#fields = fields
  }

  get(name: string): string | undefined {
    return this.#fields.get(name) ?? undefined
  }

  /** Each value of a name that may be repeated. */
  all(name: string): string[] {
    return this.#fields.getAll(name)
  }

  has(name: string): boolean {
    return this.#fields.has(name)
  }

  /** Values of a list, given as repeated fields or as words in one (contract 2A 4). */
  words(name: string): string[] {
    return this.#fields
      .getAll(name)
      .flatMap((value) => value.split(/[\s,]+/))
      .filter((word) => word !== '')
  }

  /** All fields by name, the first of each. */
  object(): { [name: string]: string } {
    const fields: { [name: string]: string } = Object.create(null)
    for (const [name, value] of this.#fields) fields[name] ??= value
    return fields
  }
}

/** Reads the form of a POST and the query, which may both carry parameters. Throws ApiError. */
export async function readParameters(
  request: IncomingMessage,
  query: URLSearchParams,
): Promise<Parameters> {
  const fields = new URLSearchParams()
  if (request.method === 'POST' || request.method === 'PUT') {
    const type = (request.headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase()
    const body = await readBody(request)
    if (body !== '' && type !== 'application/x-www-form-urlencoded') {
      throw new ApiError(415, 20001, `Content-Type ${type || '(none)'} is not a form`)
    }
    for (const [name, value] of new URLSearchParams(body)) fields.append(name, value)
  }
  for (const [name, value] of query) fields.append(name, value)
  if (fields.size > fieldsMax) throw apiErrors.invalid(20001, `More than ${fieldsMax} parameters`)
  return new Parameters(fields)
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > bodyBytesMax) throw apiErrors.tooLarge(bodyBytesMax)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

/**
 * Checks parameters against a schema. An empty value counts as absent where it is not valid. A problem
 * becomes the error that its field asks for.
 */
export function validated<Output>(
  schema: z.ZodType<Output>,
  parameters: Parameters,
  codes: { readonly [name: string]: number } = {},
): Output {
  const given = parameters.object()
  let parsed = schema.safeParse(given)
  if (!parsed.success) {
    for (const { path } of parsed.error.issues) {
      const name = String(path[0] ?? '')
      if (given[name] === '') delete given[name]
    }
    parsed = schema.safeParse(given)
  }
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  const name = String(issue?.path[0] ?? '')
  const why = given[name] === undefined ? 'is required' : `is not valid: ${issue?.message}`
  throw apiErrors.invalid(codes[name] ?? 20001, `Parameter '${name}' ${why}`)
}

/** http or https, absolute; a template is checked when it is expanded. */
export const webUrl = z
  .string()
  .refine(
    (text) =>
      text === '' ||
      (/^https?:\/\/[^/\s{}]+/i.test(text) && text.length <= 4_000 && !/\p{Cc}/u.test(text)),
    'must be an absolute http or https URL',
  )

export const method = z
  .string()
  .transform((text) => text.toUpperCase())
  .pipe(z.enum(['GET', 'POST']))

export const boolean = z
  .string()
  .transform((text) => text.toLowerCase())
  .pipe(z.enum(['true', 'false']))
  .transform((text) => text === 'true')

export function integer(min: number, max: number) {
  return z
    .string()
    .regex(/^\d{1,9}$/, `must be a number from ${min} to ${max}`)
    .transform(Number)
    .pipe(z.number().min(min, `must be at least ${min}`).max(max, `must be at most ${max}`))
}

/** Absolute, of http or https. */
export function isWebUrl(url: string): boolean {
  return /^https?:\/\/[^/\s]+/i.test(url) && URL.canParse(url)
}
