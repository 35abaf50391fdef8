import type Router from 'koa-router'
import { findCall } from '../store/calls.js'
import { sql } from '../store/store.js'
import { type ApiContext, answerPage } from './answer.js'
import { apiErrors } from './api-error.js'
import type { ApiParts } from './api-parts.js'
import { readPage } from './paging.js'
import { presentCallEvent, presentFlatCallEvent } from './present/call-event.js'

const names = { one: 'Event', many: 'Events', key: 'events' }

/** The webhook exchanges of a call, newest first. */
export function addCallEvents(router: Router, parts: ApiParts): void {
  router.get('/Calls/:sid/Events', (context) => listCallEvents(context as ApiContext, parts))
}

async function listCallEvents(context: ApiContext, parts: ApiParts): Promise<void> {
  const { account, parameters, format } = context.state
  const { sid = '' } = context.params
  const [call] = await parts.store.read(findCall(account.row.sid, sid))
  if (!call) throw apiErrors.notFound(context.path)
  const query = sql.selectFrom('call_events').selectAll().where('call_sid', '=', sid)
  const present = format === 'json' ? presentCallEvent : presentFlatCallEvent
  answerPage(context, names, await readPage(query, parameters, parts.store), present)
}
