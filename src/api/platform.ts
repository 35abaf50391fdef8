import type { IncomingMessage } from 'node:http'
import type Koa from 'koa'
import KoaRouter from 'koa-router'
import { apiErrors } from './api-error.js'
import type { ApiParts, ApiState } from './api-parts.js'
import { credentialsOf } from './authenticate.js'
import { addGateways } from './gateways.js'
import { readParameters } from './parameters.js'
import { refusalOf } from './refusal.js'
import { addMessageSummaries, messageSummariesPath } from './sip-message-summaries.js'
import { addWebhookOptions, webhookOptionsPath } from './webhook-options.js'

const prefix = '/dialplane/v1'
const ofAccounts = new RegExp(`^${prefix}(?:${messageSummariesPath}/|${webhookOptionsPath}(?:/|$))`)

/**
 * What concerns the whole router, at /dialplane/v1; the first account alone may use it, but for the mailboxes
 * of SIP Domains and the webhook options, which every account has for itself.
 */
export function platform(parts: ApiParts): Koa.Middleware {
  const router = new KoaRouter()
  addGateways(router, parts)
  addMessageSummaries(router, parts)
  addWebhookOptions(router, parts)
  const routes = router.routes()
  return async (context, next) => {
    if (!context.path.startsWith(`${prefix}/`)) return next()
    const account = await credentialsOf(context.get('authorization'), parts.accounts)
    if (!account) throw apiErrors.unauthenticated()
    const isOfAccounts = ofAccounts.test(context.path)
    if (account.row.sid !== parts.account.sid && !isOfAccounts) throw apiErrors.forbidden()
    const state = context.state as ApiState
    const query = new URLSearchParams(context.querystring)
    const parameters = await readParameters(context.req as IncomingMessage, query)
    Object.assign(state, { account, parameters })
    if (context.method === 'PUT') context.method = 'POST'
    const { path } = context
    context.path = path.slice(prefix.length)
    const isServed = router.match(context.path, context.method).route
    if (!isServed) throw refusalOf(context, router, context.path)
    await routes(context as Parameters<typeof routes>[0], async () => {})
  }
}
