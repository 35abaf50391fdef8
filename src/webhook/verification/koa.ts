import type { IncomingMessage } from 'node:http'
import { verifyIncoming } from './incoming.js'
import type { VerificationOptions } from './verify.js'

/** What is needed of a context of Koa 2 or 3. */
export interface KoaContext {
  readonly req: IncomingMessage
  /** May have `body` and `rawBody`, as body parsers leave them. */
  readonly request: object
  readonly protocol: string
  readonly originalUrl: string
  status: number
  body: unknown
}

/**
 * Middleware for Koa. With no body parser before it, it reads the body itself and leaves it in
 * `context.request.body` (and its bytes in `rawBody`), so that it can check JSON too.
 */
export function koa(options: VerificationOptions = {}) {
  return async (context: KoaContext, next: () => Promise<unknown>): Promise<void> => {
    const { req, request, protocol, originalUrl: target } = context
    const refusal = await verifyIncoming(req, request, { protocol, target }, options)
    if (!refusal) {
      await next()
      return
    }
    context.status = refusal.status
    context.body = refusal.message
  }
}
