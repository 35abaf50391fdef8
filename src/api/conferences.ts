import type Router from 'koa-router'
import { z } from 'zod'
import { findConference } from '../store/conferences.js'
import type { ConferenceRow } from '../store/schema.js'
import { sql } from '../store/store.js'
import { type ApiContext, answerOne, answerPage } from './answer.js'
import { ApiError, apiErrors } from './api-error.js'
import type { ApiParts } from './api-parts.js'
import { commanded } from './commanded.js'
import { addConferenceRecordings } from './conference-recordings.js'
import { dateRange } from './date-filter.js'
import { readPage } from './paging.js'
import { method, validated, webUrl } from './parameters.js'
import { addParticipants } from './participants.js'
import { presentConference } from './present/conference.js'

const names = { one: 'Conference', many: 'Conferences', key: 'conferences' }

const updateSchema = z.object({
  Status: z.literal('completed').optional(),
  AnnounceUrl: webUrl.optional(),
  AnnounceMethod: method.default('POST'),
})

export function addConferences(router: Router, parts: ApiParts): void {
  router.get('/Conferences', (context) => listConferences(context as ApiContext, parts))
  router.get('/Conferences/:sid', async (context) => {
    const row = await conferenceOf(context as ApiContext, context.params.sid, parts)
    answerOne(context as ApiContext, names, presentConference(row))
  })
  router.post('/Conferences/:sid', (context) => updateConference(context as ApiContext, parts))
  addParticipants(router, parts)
  addConferenceRecordings(router, parts)
}

async function listConferences(context: ApiContext, parts: ApiParts): Promise<void> {
  const { account, parameters } = context.state
  let query = sql.selectFrom('conferences').selectAll().where('account_sid', '=', account.row.sid)
  const status = parameters.get('Status')
  if (status) query = query.where('status', '=', status as ConferenceRow['status'])
  const name = parameters.get('FriendlyName')
  if (name) query = query.where('friendly_name', '=', name)
  for (const { compare, ms } of dateRange('DateCreated', parameters)) {
    query = query.where('created_ms', compare, ms)
  }
  for (const { compare, ms } of dateRange('DateUpdated', parameters)) {
    query = query.where('updated_ms', compare, ms)
  }
  answerPage(context, names, await readPage(query, parameters, parts.store), presentConference)
}

async function updateConference(context: ApiContext, parts: ApiParts): Promise<void> {
  const row = await conferenceOf(context, context.params.sid, parts)
  const { parameters } = context.state
  const wanted = validated(updateSchema, parameters, { AnnounceUrl: 21205, AnnounceMethod: 21209 })
  const { AnnounceUrl: url, AnnounceMethod: announceMethod } = wanted
  const ended = () => new ApiError(400, 20001, `Conference ${row.sid} has ended`)
  if ((wanted.Status || url) && row.status === 'completed') throw ended()
  const dispatch = (command: Parameters<ApiParts['conferences']['dispatch']>[2]) =>
    commanded(context.path, parts.conferences.dispatch(row.account_sid, row.sid, command)).catch(
      (error) => {
        // It was there when it was looked for.
        throw error instanceof ApiError && error.status === 404 ? ended() : error
      },
    )
  if (url) {
    await dispatch({ type: 'announce', announcement: { url, method: announceMethod } })
  }
  if (wanted.Status) await dispatch({ type: 'end' })
  answerOne(context, names, presentConference(await conferenceOf(context, row.sid, parts)))
}

/** The conference of this account that a path names. Throws ApiError. */
export async function conferenceOf(
  context: ApiContext,
  sid: string | undefined,
  parts: ApiParts,
): Promise<ConferenceRow> {
  const accountSid = context.state.account.row.sid
  const [row] = await parts.store.read(findConference(accountSid, sid ?? ''))
  if (!row) throw apiErrors.notFound(context.path)
  return row
}
