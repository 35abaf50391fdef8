import type Router from 'koa-router'
import { z } from 'zod'
import { makeSid } from '../base/ids.js'
import type { SipCredentialRow } from '../store/schema.js'
import {
  deleteSipCredential,
  findSipCredential,
  insertSipCredential,
  selectSipCredentials,
  updateSipCredential,
} from '../store/sip-lists.js'
import { sql } from '../store/store.js'
import { type ApiContext, answerOne, answerPage } from './answer.js'
import { ApiError, apiErrors } from './api-error.js'
import type { ApiParts } from './api-parts.js'
import { readPage } from './paging.js'
import { validated } from './parameters.js'
import { presentSipCredential } from './present/sip-list.js'
import { credentialLists, sipListOf } from './sip-lists.js'

const names = { one: 'Credential', many: 'Credentials', key: 'credentials' }
const path = '/SIP/CredentialLists/:listSid/Credentials'
/** Of one list, and of all lists: each is kept in memory. */
const credentialsMax = { list: 1_000, all: 100_000 }
const code = 21240

/** What the contract asks of a password; it need not be typed by hand. */
const password = z
  .string('is required')
  .min(12, 'must have at least 12 characters')
  .max(255, 'may have at most 255 characters')
  .regex(/[a-z]/, 'must have a lower-case letter')
  .regex(/[A-Z]/, 'must have an upper-case letter')
  .regex(/[0-9]/, 'must have a digit')
  .regex(/^[^\p{Cc}]*$/u, 'may not hold control characters')

const createSchema = z.object({
  Username: z
    .string('is required')
    .min(1, 'is required')
    .max(32, 'may have at most 32 characters')
    // RFC 7616 §3.4.2: a colon ends it.
    .regex(/^[^\s:"\\\p{Cc}]+$/u, 'may not hold spaces, colons, quotes or control characters'),
  Password: password,
})

const changeSchema = z.object({ Password: password.optional() })
const codes = { Username: code, Password: code }

export function addSipCredentials(router: Router, parts: ApiParts): void {
  router.get(path, (context) => listCredentials(context as ApiContext, parts))
  router.post(path, (context) => createCredential(context as ApiContext, parts))
  router.get(`${path}/:sid`, async (context) => {
    const row = await credentialOf(context as ApiContext, parts)
    answerOne(context as ApiContext, names, presentSipCredential(row))
  })
  router.post(`${path}/:sid`, (context) => changePassword(context as ApiContext, parts))
  router.delete(`${path}/:sid`, async (context) => {
    const row = await credentialOf(context as ApiContext, parts)
    await parts.store.write([deleteSipCredential(row.sid)])
    await parts.sipDomains.keeper.reloadCredentials(row.list_sid)
    context.status = 204
  })
}

async function listCredentials(context: ApiContext, parts: ApiParts): Promise<void> {
  const { sid } = await sipListOf(context, credentialLists, parts)
  const query = sql.selectFrom('sip_credentials').selectAll().where('list_sid', '=', sid)
  const page = await readPage(query, context.state.parameters, parts.store)
  answerPage(context, names, page, presentSipCredential)
}

async function createCredential(context: ApiContext, parts: ApiParts): Promise<void> {
  const list = await sipListOf(context, credentialLists, parts)
  const { Username: username, Password } = validated(createSchema, context.state.parameters, codes)
  const { keeper, domains } = parts.sipDomains
  const others = () => parts.store.read(selectSipCredentials(list.sid))
  const isTaken = async () => (await others()).some((other) => other.username === username)
  const taken = apiErrors.invalid(code, 'The list has a credential of this Username already')
  if (await isTaken()) throw taken
  const isFull = (await others()).length >= credentialsMax.list
  if (isFull || domains.credentialCount >= credentialsMax.all) {
    throw new ApiError(409, 20009, 'There are too many credentials already')
  }
  const nowMs = parts.clock.nowMs()
  const row: SipCredentialRow = {
    sid: makeSid('CR', parts.ids),
    account_sid: list.account_sid,
    list_sid: list.sid,
    username,
    ...keeper.seal(username, Password),
    created_ms: nowMs,
    updated_ms: nowMs,
  }
  try {
    await parts.store.write([insertSipCredential(row)])
  } catch (error) {
    // Somebody else was faster.
    throw (await isTaken()) ? taken : error
  }
  await keeper.reloadCredentials(list.sid)
  answerOne(context, names, presentSipCredential(row), 201)
}

async function changePassword(context: ApiContext, parts: ApiParts): Promise<void> {
  const row = await credentialOf(context, parts)
  const { Password } = validated(changeSchema, context.state.parameters, codes)
  const { keeper } = parts.sipDomains
  const change = {
    ...(Password === undefined ? {} : keeper.seal(row.username, Password)),
    updated_ms: parts.clock.nowMs(),
  }
  await parts.store.write([updateSipCredential(row.sid, change)])
  await keeper.reloadCredentials(row.list_sid)
  answerOne(context, names, presentSipCredential({ ...row, ...change }))
}

async function credentialOf(context: ApiContext, parts: ApiParts): Promise<SipCredentialRow> {
  const list = await sipListOf(context, credentialLists, parts)
  const query = findSipCredential(list.sid, context.params.sid ?? '')
  const [row] = await parts.store.read(query)
  if (!row) throw apiErrors.notFound(context.path)
  return row
}
