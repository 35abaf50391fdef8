import type { Context } from 'koa'
import type KoaRouter from 'koa-router'
import { type ApiError, apiErrors } from './api-error.js'

const methods = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE']

/** What was asked for, before any part of it was taken off. */
export function originalPath({ originalUrl }: Pick<Context, 'originalUrl'>): string {
  return originalUrl.split('?', 1)[0] ?? ''
}

/** Why no route took a request; `routed` is the path that routes see. Sets Allow (RFC 9110 §15.5.6). */
export function refusalOf(
  context: Pick<Context, 'method' | 'originalUrl' | 'set'>,
  router: KoaRouter,
  routed: string,
): ApiError {
  const path = originalPath(context)
  // PUT is an alias of POST.
  const isServed = (method: string) =>
    router.match(routed, method === 'PUT' ? 'POST' : method).route
  const allowed = methods.filter(isServed)
  if (allowed.length === 0) return apiErrors.notFound(path)
  context.set('Allow', allowed.join(', '))
  return apiErrors.methodNotAllowed(context.method, path)
}
