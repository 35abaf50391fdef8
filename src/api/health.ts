import type Koa from 'koa'
import type { ApiParts } from './api-parts.js'
import { credentialsOf } from './authenticate.js'

/** /healthz (the process answers), /readyz (it takes calls), /metrics (Prometheus). */
export function health(parts: ApiParts): Koa.Middleware {
  return async (context, next) => {
    if (context.method !== 'GET' && context.method !== 'HEAD') return next()
    if (context.path === '/healthz') {
      context.body = { status: 'ok' }
      return
    }
    if (context.path === '/readyz') {
      const ready = parts.isReady()
      context.status = ready ? 200 : 503
      context.body = { status: ready ? 'ready' : 'shutting down', sizes: parts.sizes() }
      return
    }
    if (context.path !== '/metrics') return next()
    const allowed =
      parts.metricsAreOpen || (await credentialsOf(context.get('authorization'), parts.accounts))
    if (!allowed) {
      context.set('WWW-Authenticate', 'Basic realm="Dialplane"')
      context.status = 401
      return
    }
    const text = await parts.metrics.render()
    context.set('Content-Type', parts.metrics.contentType)
    context.body = text
  }
}
