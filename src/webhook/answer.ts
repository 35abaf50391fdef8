import type { Dispatcher } from 'undici'
import { cacheRules } from './cache-rules.js'
import type { WebhookResponse } from './client.js'
import { type Spool, spool } from './spool.js'
import { webhookErrors } from './webhook-error.js'

export type HttpAnswer = Pick<Dispatcher.ResponseData, 'statusCode' | 'headers' | 'body'>

export interface Redirect {
  readonly status: number
  readonly location: string
}

export interface AnswerLimits {
  readonly documentBytesMax: number
  readonly mediaBytesMax: number
}

const dumpedBytesMax = 65_536
/** So much of an answer that failed is kept, for who looks for the fault. */
const shownBytesMax = 4_096

export function redirectOf({ statusCode, headers }: HttpAnswer): Redirect | undefined {
  const { location } = headers
  if (![301, 302, 303, 307, 308].includes(statusCode) || typeof location !== 'string') {
    return undefined
  }
  return { status: statusCode, location }
}

/** Reads what nobody wants, so that the connection can be used again. */
export async function dump({ body }: HttpAnswer): Promise<void> {
  await body.dump({ limit: dumpedBytesMax })
}

/** Reads the body of a 2xx or 304. Throws WebhookError for others, and for one that is too large. */
export async function readAnswer(
  answer: HttpAnswer,
  url: string,
  wanted: 'document' | 'sound',
  limits: AnswerLimits,
  intoFile?: Spool,
): Promise<WebhookResponse> {
  const { statusCode: status, headers } = answer
  const type = single(headers['content-type'])
  const contentType = mediaType(type)
  if ((status < 200 || status > 299) && status !== 304) {
    const body = await firstOf(answer, shownBytesMax)
    throw webhookErrors.badStatus(url, status, { status, contentType, body })
  }
  const isSound = wanted === 'sound' || contentType.startsWith('audio/')
  const bytesMax = isSound ? limits.mediaBytesMax : limits.documentBytesMax
  const rules = cacheRules(headers)
  const isKept = !rules.isUncacheable && !rules.isPrivate
  return {
    // Without the parameters of a GET: what resolves against it would repeat them each time.
    url: withoutFragment(url),
    status,
    contentType,
    charset: /;\s*charset="?([\w.:-]{1,40})/i.exec(type ?? '')?.[1],
    validator: isKept ? rules.validator : undefined,
    maxAgeMs: isKept ? rules.freshMs : 0,
    ...(await readBody(answer.body, bytesMax, url, isSound ? intoFile : undefined)),
  }
}

async function firstOf(answer: HttpAnswer, bytesMax: number): Promise<Buffer> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of answer.body as AsyncIterable<Buffer>) {
    if (bytes < bytesMax) chunks.push(chunk.subarray(0, bytesMax - bytes))
    bytes += chunk.length
    // What follows costs the connection.
    if (bytes > dumpedBytesMax) break
  }
  return Buffer.concat(chunks)
}

async function readBody(
  stream: AsyncIterable<Buffer>,
  bytesMax: number,
  url: string,
  intoFile: Spool | undefined,
): Promise<Pick<WebhookResponse, 'body' | 'file'>> {
  const chunks: Buffer[] = []
  let bytes = 0
  const iterator = stream[Symbol.asyncIterator]()
  for (let next = await iterator.next(); !next.done; next = await iterator.next()) {
    bytes += next.value.length
    chunks.push(next.value)
    if (intoFile && bytes > intoFile.beyondBytes) {
      const tooLarge = () => webhookErrors.tooLarge(url, intoFile.bytesMax)
      const file = await spool(chunks, iterator, intoFile, tooLarge)
      return { body: Buffer.alloc(0), file }
    }
    if (bytes > bytesMax) {
      await iterator.return?.()
      throw webhookErrors.tooLarge(url, bytesMax)
    }
  }
  const [only] = chunks
  return { body: chunks.length === 1 && only ? only : Buffer.concat(chunks) }
}

function withoutFragment(url: string): string {
  if (!url.includes('#')) return url
  const plain = new URL(url)
  plain.hash = ''
  return plain.href
}

function mediaType(header: string | undefined): string {
  return (header?.split(';', 1)[0] ?? '').trim().toLowerCase()
}

function single(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header[0] : header
}
