import { createReadStream } from 'node:fs'
import { rm, stat } from 'node:fs/promises'
import type Router from 'koa-router'
import { RouterError } from '../base/router-error.js'
import { deleteRecording, findCall, findRecording, findRunningRecording } from '../store/calls.js'
import type { RecordingRow } from '../store/schema.js'
import { sql } from '../store/store.js'
import { type ApiContext, answerOne, answerPage } from './answer.js'
import { ApiError, apiErrors } from './api-error.js'
import type { ApiParts } from './api-parts.js'
import { currentRecording } from './call-recordings.js'
import { dateRange } from './date-filter.js'
import { readPage } from './paging.js'
import { presentCallRecording, presentRecording } from './present/recording.js'

const names = { one: 'Recording', many: 'Recordings', key: 'recordings' }

export function addRecordings(router: Router, parts: ApiParts): void {
  router.get('/Recordings', (context) => listRecordings(context as ApiContext, parts))
  router.get('/Calls/:callSid/Recordings', (context) =>
    listRecordings(context as ApiContext, parts),
  )
  for (const path of ['/Recordings/:sid', '/Calls/:callSid/Recordings/:sid']) {
    router.get(path, (context) => fetchRecording(context as ApiContext, parts))
    router.delete(path, async (context) => {
      const row = await recordingOf(context as ApiContext, parts)
      await removeRecording(context as ApiContext, row, parts)
    })
  }
}

async function listRecordings(context: ApiContext, parts: ApiParts): Promise<void> {
  const { account, parameters } = context.state
  let query = sql.selectFrom('recordings').selectAll().where('account_sid', '=', account.row.sid)
  const callSid = context.params.callSid ?? parameters.get('CallSid')
  if (callSid) query = query.where('call_sid', '=', callSid)
  const conferenceSid = parameters.get('ConferenceSid')
  if (conferenceSid) query = query.where('conference_sid', '=', conferenceSid)
  for (const { compare, ms } of dateRange('DateCreated', parameters)) {
    query = query.where('created_ms', compare, ms)
  }
  const page = await readPage(query, parameters, parts.store)
  // Recordings outlive the record of their call.
  if (context.params.callSid !== undefined && page.rows.length === 0) {
    const [call] = await parts.store.read(findCall(account.row.sid, context.params.callSid))
    if (!call) throw apiErrors.notFound(context.path)
  }
  answerPage(context, names, page, (row) => presented(context, row, parts))
}

/** Metadata by .json and .xml; the audio by .wav, .mp3 or without an extension (contract 2H 27). */
async function fetchRecording(context: ApiContext, parts: ApiParts): Promise<void> {
  const row = await recordingOf(context, parts)
  const { format } = context.state
  const hasExtension = /\.\w+$/.test(new URL(context.originalUrl, 'http://host').pathname)
  if (hasExtension && format !== 'wav' && format !== 'mp3') {
    answerOne(context, names, presented(context, row, parts))
    return
  }
  if (isRunning(row)) {
    throw new ApiError(404, 20404, `Recording ${row.sid} is not complete yet`)
  }
  const channels = channelsOf(context, row)
  const isMp3 = format === 'mp3'
  const file = await audioOf(row, { format: isMp3 ? 'mp3' : 'wav', channels }, parts)
  if (!file) throw apiErrors.notFound(context.path)
  context.type = isMp3 ? 'audio/mpeg' : 'audio/x-wav'
  context.length = file.bytes
  context.body = createReadStream(file.path)
}

/** RequestedChannels mixes two to one; there are no two in a recording of one. */
function channelsOf(context: ApiContext, row: RecordingRow): 1 | 2 {
  const recorded = row.channels === 2 ? 2 : 1
  const requested = context.state.parameters.get('RequestedChannels') ?? ''
  if (requested === '') return recorded
  if (requested === '1') return 1
  if (requested !== '2') throw apiErrors.invalid(20001, 'RequestedChannels is neither 1 nor 2')
  if (recorded === 2) return 2
  throw apiErrors.invalid(16113, `Recording ${row.sid} has one channel`)
}

/** The recording as it was written, or a copy in another form; undefined when it is gone. */
async function audioOf(
  row: RecordingRow,
  form: { readonly format: 'wav' | 'mp3'; readonly channels: 1 | 2 },
  parts: ApiParts,
): Promise<{ readonly path: string; readonly bytes: number } | undefined> {
  const path = parts.recordingPath(row.sid)
  const file = await stat(path).catch(() => undefined)
  if (!file) return undefined
  if (form.format === 'wav' && form.channels === row.channels) return { path, bytes: file.size }
  try {
    return await parts.recordingCopies.copyOf(row.sid, path, form)
  } catch (error) {
    const isBusy = error instanceof RouterError && error.code === 'ERR_FILES_BUSY'
    throw isBusy ? new ApiError(503, 20503, 'Too many recordings are being encoded') : error
  }
}

/** Removes what is over, with its audio. Throws ApiError. */
export async function removeRecording(
  context: ApiContext,
  row: RecordingRow,
  parts: ApiParts,
): Promise<void> {
  if (isRunning(row)) {
    throw new ApiError(409, 20009, `Recording ${row.sid} is not finished and cannot be deleted`)
  }
  await parts.store.write([deleteRecording(row.sid)])
  await rm(parts.recordingPath(row.sid), { force: true })
  await parts.recordingCopies.forget(row.sid)
  context.status = 204
}

async function recordingOf(context: ApiContext, parts: ApiParts): Promise<RecordingRow> {
  const { sid = '', callSid } = context.params
  const isCurrent = callSid !== undefined && sid === currentRecording
  const [row] = await parts.store.read(
    isCurrent ? findRunningRecording(callSid) : findRecording(sid),
  )
  const isOurs = row?.account_sid === context.state.account.row.sid
  if (!row || !isOurs || (callSid !== undefined && row.call_sid !== callSid)) {
    throw apiErrors.notFound(context.path)
  }
  return row
}

function presented(context: ApiContext, row: RecordingRow, { baseUrl }: ApiParts) {
  return context.params.callSid === undefined
    ? presentRecording(row, baseUrl)
    : presentCallRecording(row)
}

export function isRunning({ status }: Pick<RecordingRow, 'status'>): boolean {
  return status === 'in-progress' || status === 'paused'
}
