import type Router from 'koa-router'
import { z } from 'zod'
import { makeSid } from '../base/ids.js'
import { findCall, findRecording, findRunningRecording } from '../store/calls.js'
import type { CallRow, RecordingRow } from '../store/schema.js'
import { type ApiContext, answerOne } from './answer.js'
import { apiErrors } from './api-error.js'
import type { ApiParts } from './api-parts.js'
import { commanded } from './commanded.js'
import { method, validated, webUrl } from './parameters.js'
import { presentCallRecording } from './present/recording.js'

const names = { one: 'Recording', many: 'Recordings', key: 'recordings' }
const path = '/Calls/:callSid/Recordings'
/** Names the recording of a call that was begun last and still runs (contract 2H 25). */
export const currentRecording = 'Twilio.CURRENT'

/** How a call is recorded; Calls and Participants have the same parameters. */
export const recordingParameters = {
  RecordingChannels: z.enum(['mono', 'dual']).default('mono'),
  RecordingTrack: z.enum(['inbound', 'outbound', 'both']).default('both'),
  RecordingStatusCallback: webUrl.optional(),
  RecordingStatusCallbackMethod: method.default('POST'),
}

export const createRecordingSchema = z.object({
  ...recordingParameters,
  // REST begins recordings whole; that of a new call is trimmed (contract 2H 26).
  Trim: z.enum(['trim-silence', 'do-not-trim']).default('do-not-trim'),
})

const updateSchema = z.object({
  Status: z.enum(['paused', 'in-progress', 'stopped']),
  PauseBehavior: z.enum(['skip', 'silence']).default('silence'),
})

/** Begins and steers recordings of live calls. */
export function addCallRecordings(router: Router, parts: ApiParts): void {
  router.post(path, (context) => create(context as ApiContext, parts))
  router.post(`${path}/:sid`, (context) => update(context as ApiContext, parts))
}

async function create(context: ApiContext, parts: ApiParts): Promise<void> {
  const { parameters } = context.state
  const call = await callOf(context, parts)
  const wanted = validated(createRecordingSchema, parameters, { RecordingStatusCallback: 21205 })
  const recordingSid = makeSid('RE', parts.ids)
  await commanded(
    context.path,
    parts.calls.dispatch(call.sid, {
      ...{ type: 'record', recordingSid },
      ...recordingSettings(wanted, parameters.words('RecordingStatusCallbackEvent')),
    }),
  )
  const [row] = await parts.store.read(findRecording(recordingSid))
  answerOne(context, names, presentCallRecording(row as RecordingRow), 201)
}

/** What the parameters of `recordingParameters` ask for. */
export function recordingSettings(
  wanted: {
    readonly RecordingChannels: 'mono' | 'dual'
    readonly RecordingTrack: 'inbound' | 'outbound' | 'both'
    readonly RecordingStatusCallback?: string | undefined
    readonly RecordingStatusCallbackMethod: 'GET' | 'POST'
    readonly Trim: 'trim-silence' | 'do-not-trim'
  },
  events: readonly string[],
) {
  const url = wanted.RecordingStatusCallback
  return {
    isDual: wanted.RecordingChannels === 'dual',
    track: wanted.RecordingTrack,
    trimSilence: wanted.Trim === 'trim-silence',
    statusCallback: url
      ? {
          url,
          method: wanted.RecordingStatusCallbackMethod,
          events: events.length > 0 ? events : ['completed'],
        }
      : undefined,
  }
}

async function update(context: ApiContext, parts: ApiParts): Promise<void> {
  const call = await callOf(context, parts)
  const row = await recordingOf(context, call, parts)
  const { Status, PauseBehavior } = validated(updateSchema, context.state.parameters)
  await commanded(
    context.path,
    parts.calls.dispatch(call.sid, {
      ...{ type: 'changeRecording', recordingSid: row.sid, to: Status, instead: PauseBehavior },
    }),
  )
  const [after = row] = await parts.store.read(findRecording(row.sid))
  const shown = presentCallRecording(after)
  // What was stopped is complete at once; that it was stopped is what was asked for.
  answerOne(context, names, Status === 'stopped' ? { ...shown, status: 'stopped' } : shown)
}

async function callOf(context: ApiContext, { store }: ApiParts): Promise<CallRow> {
  const [row] = await store.read(
    findCall(context.state.account.row.sid, context.params.callSid ?? ''),
  )
  if (!row) throw apiErrors.notFound(context.path)
  return row
}

async function recordingOf(
  context: ApiContext,
  call: CallRow,
  { store }: ApiParts,
): Promise<RecordingRow> {
  const { sid = '' } = context.params
  const [row] = await store.read(
    sid === currentRecording ? findRunningRecording(call.sid) : findRecording(sid),
  )
  if (!row || row.call_sid !== call.sid) throw apiErrors.notFound(context.path)
  return row
}
