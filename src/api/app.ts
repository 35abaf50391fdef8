import type { IncomingMessage, RequestListener } from 'node:http'
import Koa from 'koa'
import KoaRouter from 'koa-router'
import { addAccounts } from './accounts.js'
import { ApiError, apiErrors, presentError } from './api-error.js'
import type { ApiParts, ApiState } from './api-parts.js'
import { addApplications } from './applications.js'
import { authenticate } from './authenticate.js'
import { addCallEvents } from './call-events.js'
import { addCallRecordings } from './call-recordings.js'
import { addCalls } from './calls.js'
import { addConferences } from './conferences.js'
import { health } from './health.js'
import { addIncomingPhoneNumbers } from './incoming-phone-numbers.js'
import { addMessageFeedback } from './message-feedback.js'
import { addMessageMedia } from './message-media.js'
import { addMessages } from './messages.js'
import { addOutgoingCallerIds } from './outgoing-caller-ids.js'
import { pages } from './pages.js'
import { readParameters } from './parameters.js'
import { platform } from './platform.js'
import { xmlDocument } from './present/xml.js'
import { addQueues } from './queues.js'
import { addRecordings } from './recordings.js'
import { originalPath, refusalOf } from './refusal.js'
import { addSip } from './sip-api.js'
import { trunking } from './trunking.js'

const accountPrefix = /^\/2010-04-01\/Accounts\/([^/]+?)(\/.*)?$/
const extension = /\.(json|xml|csv|wav|mp3)$/

/** The REST API 2010-04-01 with /healthz, /readyz and /metrics. */
export function createApi(parts: ApiParts): RequestListener {
  const app = new Koa()
  app.on('error', (error) => {
    // A client that goes away while it is answered is no fault of ours.
    if (!['ECONNRESET', 'EPIPE', 'ERR_STREAM_PREMATURE_CLOSE'].includes(error.code))
      parts.bug(error)
  })
  app.use(errors(parts))
  app.use(formatOfPath)
  app.use(pages)
  app.use(health(parts))
  app.use(platform(parts))
  app.use(trunking(parts))
  app.use(accountOfPath(parts))
  const router = new KoaRouter()
  addAccounts(router, parts)
  addApplications(router, parts)
  addCalls(router, parts)
  addCallEvents(router, parts)
  addConferences(router, parts)
  addIncomingPhoneNumbers(router, parts)
  addMessages(router, parts)
  addMessageMedia(router, parts)
  addMessageFeedback(router, parts)
  addOutgoingCallerIds(router, parts)
  addQueues(router, parts)
  addRecordings(router, parts)
  addCallRecordings(router, parts)
  addSip(router, parts)
  app.use(router.routes())
  app.use(refuseMethod(router))
  return app.callback()
}

/** Every error leaves in the contract's form. */
function errors(parts: ApiParts): Koa.Middleware {
  return async (context, next) => {
    try {
      await next()
      if (context.status === 404 && context.body === undefined)
        throw apiErrors.notFound(originalPath(context))
    } catch (error) {
      if (!(error instanceof ApiError)) parts.bug(error)
      const refusal =
        error instanceof ApiError
          ? error
          : new ApiError(500, 20500, 'Internal error; it has been logged')
      const body = presentError(refusal, parts.baseUrl)
      context.status = refusal.status
      if (refusal.status === 401) context.set('WWW-Authenticate', 'Basic realm="Dialplane"')
      // The rest of the body is not read: nothing else can follow on this connection.
      if (refusal.status === 413) context.set('Connection', 'close')
      if ((context.state as ApiState).format === 'json') {
        context.body = body
        return
      }
      context.type = 'application/xml'
      context.body = xmlDocument('RestException', body)
    }
  }
}

/** The extension decides the format, XML without one (contract 2F.1); routes never see it. */
const formatOfPath: Koa.Middleware = async (context, next) => {
  const match = extension.exec(context.path)
  const state = context.state as ApiState
  state.format = (match?.[1] as ApiState['format'] | undefined) ?? 'xml'
  if (!context.path.startsWith('/2010-04-01')) state.format = 'json'
  if (match) context.path = context.path.slice(0, match.index)
  await next()
}

/** Authenticates for the account in the path, reads the parameters, and leaves the rest to routes. */
function accountOfPath(parts: ApiParts): Koa.Middleware {
  return async (context, next) => {
    const match = accountPrefix.exec(context.path)
    if (!match) throw apiErrors.notFound(originalPath(context))
    const state = context.state as ApiState
    const [, sid = '', rest] = match
    state.account = await authenticate(context.get('authorization'), sid, parts.accounts)
    const query = new URLSearchParams(context.querystring)
    state.parameters = await readParameters(context.req as IncomingMessage, query)
    // PUT is an alias of POST, and a method may be named in the URI (checklist F6, F7).
    const named = context.get('x-http-method-override') || query.get('_method') || ''
    if (context.method === 'PUT') context.method = 'POST'
    if (context.method === 'POST' && /^(delete|put|post)$/i.test(named)) {
      context.method = named.toLowerCase() === 'delete' ? 'DELETE' : 'POST'
    }
    context.newRouterPath = rest ?? '/'
    // What handlers say was not found is what was asked for.
    context.path = originalPath(context)
    await next()
  }
}

function refuseMethod(router: KoaRouter): Koa.Middleware {
  return async (context) => {
    throw refusalOf(context, router, context.newRouterPath)
  }
}
