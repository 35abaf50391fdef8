import type Router from 'koa-router'
import { z } from 'zod'
import { findRecording } from '../store/calls.js'
import type { ConferenceRow, RecordingRow } from '../store/schema.js'
import { sql } from '../store/store.js'
import { type ApiContext, answerOne, answerPage } from './answer.js'
import { apiErrors } from './api-error.js'
import type { ApiParts } from './api-parts.js'
import { currentRecording } from './call-recordings.js'
import { commanded } from './commanded.js'
import { conferenceOf } from './conferences.js'
import { dateRange } from './date-filter.js'
import { readPage } from './paging.js'
import { validated } from './parameters.js'
import { presentConferenceRecording } from './present/recording.js'
import { isRunning, removeRecording } from './recordings.js'

const names = { one: 'Recording', many: 'Recordings', key: 'recordings' }
const base = '/Conferences/:conferenceSid/Recordings'

const updateSchema = z.object({
  Status: z.enum(['paused', 'in-progress', 'stopped']),
  PauseBehavior: z.enum(['skip', 'silence']).default('silence'),
})

export function addConferenceRecordings(router: Router, parts: ApiParts): void {
  router.get(base, (context) => list(context as ApiContext, parts))
  router.get(`${base}/:sid`, async (context) => {
    const row = await recordingOf(context as ApiContext, parts)
    answerOne(context as ApiContext, names, presentConferenceRecording(row))
  })
  router.post(`${base}/:sid`, (context) => update(context as ApiContext, parts))
  router.delete(`${base}/:sid`, async (context) => {
    const row = await recordingOf(context as ApiContext, parts)
    await removeRecording(context as ApiContext, row, parts)
  })
}

async function list(context: ApiContext, parts: ApiParts): Promise<void> {
  const conference = await conferenceOf(context, context.params.conferenceSid, parts)
  const { parameters } = context.state
  let query = ofConference(conference)
  for (const { compare, ms } of dateRange('DateCreated', parameters)) {
    query = query.where('created_ms', compare, ms)
  }
  const page = await readPage(query, parameters, parts.store)
  answerPage(context, names, page, presentConferenceRecording)
}

async function update(context: ApiContext, parts: ApiParts): Promise<void> {
  const row = await recordingOf(context, parts)
  const { Status, PauseBehavior } = validated(updateSchema, context.state.parameters)
  const { account_sid, sid, conference_sid } = row
  if (!isRunning(row)) {
    throw apiErrors.invalid(21220, `Recording ${sid} is not in progress. Cannot record.`)
  }
  await commanded(
    context.path,
    parts.conferences.dispatch(account_sid, conference_sid ?? '', {
      ...{ type: 'record', recordingSid: sid, to: Status, instead: PauseBehavior },
    }),
  )
  const [after] = await parts.store.read(findRecording(sid))
  const shown = presentConferenceRecording(after ?? row)
  // What was stopped is complete at once; that it was stopped is what was asked for.
  answerOne(context, names, Status === 'stopped' ? { ...shown, status: 'stopped' } : shown)
}

async function recordingOf(context: ApiContext, parts: ApiParts): Promise<RecordingRow> {
  const conference = await conferenceOf(context, context.params.conferenceSid, parts)
  const { sid = '' } = context.params
  const query =
    sid === currentRecording
      ? ofConference(conference).where('status', 'in', ['in-progress', 'paused'])
      : ofConference(conference).where('sid', '=', sid)
  const [row] = await parts.store.read(query.limit(1).compile())
  if (!row) throw apiErrors.notFound(context.path)
  return row
}

function ofConference({ sid, account_sid }: ConferenceRow) {
  return sql
    .selectFrom('recordings')
    .selectAll()
    .where('conference_sid', '=', sid)
    .where('account_sid', '=', account_sid)
}
