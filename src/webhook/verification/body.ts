import type { FormFields } from './validate.js'
import type { Refusal } from './verify.js'

/** The whole body, or a refusal when it has more than `bytesMax`. */
export async function readBody(
  stream: AsyncIterable<Uint8Array | string>,
  bytesMax: number,
): Promise<Buffer | Refusal> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of stream) {
    bytes += chunk.length
    if (bytes > bytesMax) return { status: 413, message: 'The request is too large.' }
    chunks.push(Buffer.from(chunk as Uint8Array))
  }
  return Buffer.concat(chunks)
}

export function isForm(contentType: string | undefined): boolean {
  return /^application\/x-www-form-urlencoded\b/i.test(contentType ?? '')
}

/** The fields of a form; a name that occurs more than once has a list. */
export function formFields(text: string): FormFields {
  const fields: { [name: string]: string | string[] } = Object.create(null)
  for (const [name, value] of new URLSearchParams(text)) {
    const known = fields[name]
    fields[name] = known === undefined ? value : [known, value].flat()
  }
  return fields
}

/** What the signature covers of a body in full. */
export function signedBody(
  raw: Uint8Array,
  contentType: string | undefined,
): FormFields | Uint8Array {
  if (raw.length === 0) return {}
  return isForm(contentType) ? formFields(Buffer.from(raw).toString()) : raw
}

/** What the signature covers of a body that a parser has read before. */
export function signedParsedBody(
  body: unknown,
  rawBody: unknown,
  contentType: string | undefined,
): FormFields | string | Uint8Array {
  for (const raw of [rawBody, body]) {
    if (typeof raw === 'string') return signedBody(Buffer.from(raw), contentType)
    if (raw instanceof Uint8Array) return signedBody(raw, contentType)
  }
  if (body === null || typeof body !== 'object' || Object.keys(body).length === 0) return {}
  // Of another body only the bytes are signed, and these are gone: it fits no signature.
  return isForm(contentType) ? (body as FormFields) : ''
}

/** What an application finds as its body when no parser has read it. */
export function parsedBody(raw: Buffer, contentType: string | undefined): unknown {
  if (isForm(contentType)) return { ...formFields(raw.toString()) }
  if (!/^application\/(.*\+)?json\b/i.test(contentType ?? '')) return raw.toString()
  try {
    return JSON.parse(raw.toString())
  } catch {
    return raw.toString()
  }
}
