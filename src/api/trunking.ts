import type { IncomingMessage } from 'node:http'
import type Koa from 'koa'
import KoaRouter from 'koa-router'
import { apiErrors } from './api-error.js'
import type { ApiParts, ApiState } from './api-parts.js'
import { credentialsOf } from './authenticate.js'
import { readParameters } from './parameters.js'
import { refusalOf } from './refusal.js'
import { addTrunkLists } from './trunking-lists.js'
import { addTrunkNumbers } from './trunking-numbers.js'
import { addTrunks } from './trunking-trunks.js'
import { addOriginationUrls } from './trunking-urls.js'

const root = '/v1/Trunks'

/** The resources of trunking.twilio.com (contract, Trunking v1) at /v1/Trunks: JSON, of whose credentials they are. */
export function trunking(parts: ApiParts): Koa.Middleware {
  const router = new KoaRouter()
  addTrunks(router, parts)
  addOriginationUrls(router, parts)
  addTrunkLists(router, parts)
  addTrunkNumbers(router, parts)
  const routes = router.routes()
  return async (context, next) => {
    const { path } = context
    if (path !== root && !path.startsWith(`${root}/`)) return next()
    const account = await credentialsOf(context.get('authorization'), parts.accounts)
    if (!account) throw apiErrors.unauthenticated()
    const query = new URLSearchParams(context.querystring)
    const parameters = await readParameters(context.req as IncomingMessage, query)
    Object.assign(context.state as ApiState, { account, parameters })
    if (context.method === 'PUT') context.method = 'POST'
    if (!router.match(path, context.method).route) throw refusalOf(context, router, path)
    await routes(context as Parameters<typeof routes>[0], async () => {})
  }
}
