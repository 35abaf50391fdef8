import type Router from 'koa-router'
import { makeSid } from '../base/ids.js'
import type { WebhookOptionsRow } from '../store/schema.js'
import { sql } from '../store/store.js'
import {
  countWebhookOptions,
  deleteWebhookOptions,
  findWebhookOptions,
  putWebhookOptions,
} from '../store/webhook-options.js'
import { type ApiContext, answerOne, answerPage } from './answer.js'
import { ApiError, apiErrors } from './api-error.js'
import type { ApiParts } from './api-parts.js'
import { readPage } from './paging.js'
import { isWebUrl, type Parameters } from './parameters.js'
import { rfc2822 } from './present/format.js'
import { originalPath } from './refusal.js'

export const webhookOptionsPath = '/WebhookOptions'

const names = { one: 'WebhookOptions', many: 'WebhookOptionsList', key: 'webhook_options' }
const path = `${webhookOptionsPath}/:target`
const mirrorsMax = 4
const urlCharsMax = 4_000
/** Of one account, and of all; they are kept in memory. */
const rowsMax = 10_000
const allRowsMax = 100_000

/** How requests to the account's applications are sent. A change takes effect before it is answered. */
export function addWebhookOptions(router: Router, parts: ApiParts): void {
  router.get(webhookOptionsPath, async (plain) => {
    const context = plain as ApiContext
    const { account, parameters } = context.state
    const query = sql
      .selectFrom('webhook_options')
      .selectAll()
      .where('account_sid', '=', account.row.sid)
    answerPage(context, names, await readPage(query, parameters, parts.store), present)
  })
  router.get(path, async (context) => {
    answerOne(context as ApiContext, names, present(await rowOf(context as ApiContext, parts)))
  })
  router.post(path, (context) => put(context as ApiContext, parts))
  router.delete(path, async (context) => {
    const { account_sid, target } = await rowOf(context as ApiContext, parts)
    await parts.store.write([deleteWebhookOptions(account_sid, target)])
    await parts.webhookOptions.reload(account_sid, target)
    context.status = 204
  })
}

/** What is not given is off: the whole row is replaced. */
async function put(context: ApiContext, parts: ApiParts): Promise<void> {
  const { account, parameters } = context.state
  const accountSid = account.row.sid
  const target = context.params.target ?? ''
  if (!isTarget(target)) {
    throw apiErrors.invalid(20001, `'${target}' is neither default nor a number (E.164)`)
  }
  const columns = columnsOf(parameters)
  const [before] = await parts.store.read(findWebhookOptions(accountSid, target))
  if (!before) await refuseTooMany(accountSid, parts)
  const nowMs = parts.clock.nowMs()
  const own = before ?? { sid: makeSid('WO', parts.ids), created_ms: nowMs }
  const row: WebhookOptionsRow = {
    ...{ sid: own.sid, account_sid: accountSid, target },
    ...columns,
    ...{ created_ms: own.created_ms, updated_ms: nowMs },
  }
  await parts.store.write([putWebhookOptions(row)])
  await parts.webhookOptions.reload(accountSid, target)
  answerOne(context, names, present(row), before ? 200 : 201)
}

async function refuseTooMany(
  accountSid: string,
  { store, webhookOptions }: ApiParts,
): Promise<void> {
  const [counted] = await store.read(countWebhookOptions(accountSid))
  if ((counted?.count ?? 0) >= rowsMax) {
    throw new ApiError(409, 20009, `This account has ${rowsMax} webhook options already`)
  }
  if (webhookOptions.size >= allRowsMax) {
    throw new ApiError(409, 20009, `There are ${allRowsMax} webhook options already`)
  }
}

/** Throws ApiError. */
function columnsOf(parameters: Parameters) {
  const urls = [...new Set(parameters.all('MirrorUrls').filter((url) => url !== ''))]
  if (urls.length > mirrorsMax) throw invalid('MirrorUrls', `there can be ${mirrorsMax}`)
  for (const url of urls) {
    if (!isWebUrl(url) || url.length > urlCharsMax)
      throw invalid('MirrorUrls', 'must be absolute http or https URLs')
  }
  return {
    mirror_urls: JSON.stringify(urls),
    state_in: JSON.stringify(wordsOf(parameters, 'StateIn', ['headers', 'query'])),
    withhold: JSON.stringify(wordsOf(parameters, 'Withhold', ['From', 'Geo'])),
  }
}

function wordsOf(parameters: Parameters, name: string, known: readonly string[]): string[] {
  const words = parameters.words(name)
  if (words.some((word) => !known.includes(word))) {
    throw invalid(name, `may hold ${known.join(' and ')}`)
  }
  return known.filter((word) => words.includes(word))
}

function invalid(name: string, why: string): ApiError {
  return apiErrors.invalid(20001, `Parameter '${name}' is not valid: ${why}`)
}

function isTarget(target: string): boolean {
  return target === 'default' || /^\+[1-9]\d{1,14}$/.test(target)
}

async function rowOf(context: ApiContext, { store }: ApiParts): Promise<WebhookOptionsRow> {
  const { account } = context.state
  const target = context.params.target ?? ''
  const [row] = await store.read(findWebhookOptions(account.row.sid, target))
  if (!row) throw apiErrors.notFound(originalPath(context))
  return row
}

function present(row: WebhookOptionsRow) {
  return {
    sid: row.sid,
    account_sid: row.account_sid,
    phone_number: row.target === 'default' ? null : row.target,
    mirror_urls: JSON.parse(row.mirror_urls) as string[],
    state_in: JSON.parse(row.state_in) as string[],
    withhold: JSON.parse(row.withhold) as string[],
    date_created: rfc2822(row.created_ms),
    date_updated: rfc2822(row.updated_ms),
    url: `/dialplane/v1${webhookOptionsPath}/${row.target}`,
  }
}
