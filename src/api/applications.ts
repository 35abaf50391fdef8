import type Router from 'koa-router'
import { z } from 'zod'
import { makeSid } from '../base/ids.js'
import {
  countApplications,
  deleteApplication,
  findApplication,
  forgetApplication,
  insertApplication,
  updateApplication,
} from '../store/applications.js'
import type { ApplicationRow } from '../store/schema.js'
import { sql } from '../store/store.js'
import { type ApiContext, answerOne, answerPage } from './answer.js'
import { ApiError, apiErrors } from './api-error.js'
import type { ApiParts } from './api-parts.js'
import { readPage } from './paging.js'
import { boolean, method, validated, webUrl } from './parameters.js'
import { applicationExtras, presentApplication } from './present/application.js'

const names = { one: 'Application', many: 'Applications', key: 'applications' }
const applicationsMax = 10_000

const schema = z.object({
  FriendlyName: z.string().max(64, 'may have at most 64 characters').optional(),
  VoiceUrl: webUrl.optional(),
  VoiceMethod: method.optional(),
  VoiceFallbackUrl: webUrl.optional(),
  VoiceFallbackMethod: method.optional(),
  StatusCallback: webUrl.optional(),
  StatusCallbackMethod: method.optional(),
  VoiceCallerIdLookup: boolean.optional(),
  SmsUrl: webUrl.optional(),
  SmsMethod: method.optional(),
  SmsFallbackUrl: webUrl.optional(),
  SmsFallbackMethod: method.optional(),
  SmsStatusCallback: webUrl.optional(),
  MessageStatusCallback: webUrl.optional(),
  PublicApplicationConnectEnabled: boolean.optional(),
})

const codes = { VoiceUrl: 21502, VoiceMethod: 21403, StatusCallback: 21502 }

/** Sets of URLs under one sid: numbers, calls and Dial may name them. */
export function addApplications(router: Router, parts: ApiParts): void {
  const path = '/Applications'
  const one = (context: unknown, row: ApplicationRow, status = 200) =>
    answerOne(context as ApiContext, names, presentApplication(row), status)
  router.get(path, (context) => list(context as ApiContext, parts))
  router.post(path, async (context) =>
    one(context, await create(context as ApiContext, parts), 201),
  )
  router.get(`${path}/:sid`, async (context) =>
    one(context, await applicationOf(context as ApiContext, parts)),
  )
  router.post(`${path}/:sid`, async (context) =>
    one(context, await change(context as ApiContext, parts)),
  )
  router.delete(`${path}/:sid`, async (context) => {
    const row = await applicationOf(context as ApiContext, parts)
    const forget = forgetApplication(row.account_sid, row.sid)
    await parts.store.write([deleteApplication(row.sid), forget])
    context.status = 204
  })
}

async function list(context: ApiContext, parts: ApiParts): Promise<void> {
  const { account, parameters } = context.state
  let query = sql.selectFrom('applications').selectAll().where('account_sid', '=', account.row.sid)
  const name = parameters.get('FriendlyName')
  if (name) query = query.where('friendly_name', '=', name)
  answerPage(context, names, await readPage(query, parameters, parts.store), presentApplication)
}

async function create(context: ApiContext, parts: ApiParts): Promise<ApplicationRow> {
  const { account, parameters } = context.state
  const accountSid = account.row.sid
  const settings = validated(schema, parameters, codes)
  const [counted] = await parts.store.read(countApplications(accountSid))
  if ((counted?.count ?? 0) >= applicationsMax) {
    throw new ApiError(409, 20009, `This account has ${applicationsMax} applications already`)
  }
  const nowMs = parts.clock.nowMs()
  const row: ApplicationRow = {
    ...{ sid: makeSid('AP', parts.ids), account_sid: accountSid, friendly_name: '' },
    ...{ voice_url: '', voice_method: 'POST' },
    ...{ voice_fallback_url: '', voice_fallback_method: 'POST' },
    ...{ status_callback: '', status_callback_method: 'POST', extras: '{}' },
    ...{ created_ms: nowMs, updated_ms: nowMs },
    ...changesOf(settings, {}),
  }
  await parts.store.write([insertApplication(row)])
  return row
}

async function change(context: ApiContext, parts: ApiParts): Promise<ApplicationRow> {
  const row = await applicationOf(context, parts)
  const settings = validated(schema, context.state.parameters, codes)
  const changed = {
    ...changesOf(settings, JSON.parse(row.extras) as object),
    updated_ms: parts.clock.nowMs(),
  }
  await parts.store.write([updateApplication(row.sid, changed)])
  return { ...row, ...changed }
}

/** The columns that settings change; what has no column goes into `extras`. */
function changesOf(settings: z.infer<typeof schema>, extras: object): Partial<ApplicationRow> {
  const columns: { [name: string]: unknown } = {}
  const kept: { [name: string]: unknown } = { ...extras }
  for (const [name, value] of Object.entries(settings)) {
    if (value === undefined) continue
    const key = name.replace(/(?!^)([A-Z])/g, '_$1').toLowerCase()
    if (key in applicationExtras) kept[key] = value
    else columns[key] = value
  }
  return { ...columns, extras: JSON.stringify(kept) }
}

/** The application of the account that a parameter names. Throws ApiError (contract 2F.3: 21218). */
export async function namedApplication(
  accountSid: string,
  sid: string,
  { store }: Pick<ApiParts, 'store'>,
): Promise<ApplicationRow> {
  const [row] = await store.read(findApplication(accountSid, sid))
  if (row) return row
  throw apiErrors.invalid(21218, `There is no application ${sid.slice(0, 64)}`)
}

async function applicationOf(context: ApiContext, { store }: ApiParts): Promise<ApplicationRow> {
  const { account } = context.state
  const [row] = await store.read(findApplication(account.row.sid, context.params.sid ?? ''))
  if (!row) throw apiErrors.notFound(context.path)
  return row
}
