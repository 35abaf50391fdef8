import type { IncomingMessage, ServerResponse } from 'node:http'
import { type BodyHolder, verifyIncoming } from './incoming.js'
import type { VerificationOptions } from './verify.js'

/** What is needed of a request of Express 4 or 5. */
export interface ExpressRequest extends IncomingMessage, BodyHolder {
  readonly protocol: string
  readonly originalUrl: string
}

/**
 * Middleware for Express. With no body parser before it, it reads the body itself and leaves it in
 * `request.body` (and its bytes in `request.rawBody`), so that it can check JSON too.
 */
export function express(options: VerificationOptions = {}) {
  return async (
    request: ExpressRequest,
    response: ServerResponse,
    next: (error?: unknown) => void,
  ): Promise<void> => {
    const { protocol, originalUrl: target } = request
    const at = { protocol, target }
    const refusal = await verifyIncoming(request, request, at, options).catch((error) => {
      // Express 4 does not look at promises.
      next(error)
      return null
    })
    if (refusal === null) return
    if (!refusal) {
      next()
      return
    }
    response.statusCode = refusal.status
    response.setHeader('Content-Type', 'text/plain; charset=utf-8')
    response.end(refusal.message)
  }
}
