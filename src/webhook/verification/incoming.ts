import type { IncomingMessage } from 'node:http'
import { parsedBody, readBody, signedBody, signedParsedBody } from './body.js'
import { bodyBytesMaxNormal, type Refusal, type VerificationOptions, verify } from './verify.js'

/** Where a framework keeps what was read of a body. */
export interface BodyHolder {
  body?: unknown
  rawBody?: unknown
}

/**
 * Verifies a request of Node, of which a body parser may have read the body before. Else it is read and
 * left in `holder`, with its bytes, so that JSON can be checked too.
 */
export async function verifyIncoming(
  incoming: IncomingMessage,
  holder: BodyHolder,
  { protocol, target }: { readonly protocol: string; readonly target: string },
  options: VerificationOptions,
): Promise<Refusal | undefined> {
  const { headers } = incoming
  const contentType = headers['content-type']
  if (holder.body !== undefined || incoming.readableEnded) {
    const body = signedParsedBody(holder.body, holder.rawBody, contentType)
    return verify({ headers, protocol, target, body }, options)
  }
  const raw = await readBody(incoming, options.bodyBytesMax ?? bodyBytesMaxNormal)
  if ('status' in raw) return raw
  if (raw.length > 0) {
    holder.rawBody = raw
    holder.body = parsedBody(raw, contentType)
  }
  return verify({ headers, protocol, target, body: signedBody(raw, contentType) }, options)
}
