import type Router from 'koa-router'
import { makeSid } from '../base/ids.js'
import { queuesMax, sizeMaxNormal } from '../call/queues.js'
import {
  countQueues,
  deleteQueue,
  findQueue,
  findQueueByName,
  insertQueue,
  updateQueue,
} from '../store/queues.js'
import type { QueueRow } from '../store/schema.js'
import { sql } from '../store/store.js'
import { type ApiContext, answerOne, answerPage } from './answer.js'
import { ApiError, apiErrors } from './api-error.js'
import type { ApiParts } from './api-parts.js'
import { readPage } from './paging.js'
import { validated } from './parameters.js'
import { presentQueue } from './present/queue.js'
import { addQueueMembers } from './queue-members.js'
import { queueSchema } from './queues.schema.js'

const names = { one: 'Queue', many: 'Queues', key: 'queues' }

/** Queues of an account; those that a document names come to be by themselves. */
export function addQueues(router: Router, parts: ApiParts): void {
  const one = (context: ApiContext, row: QueueRow, status = 200) =>
    answerOne(context, names, presented(row, parts), status)
  router.get('/Queues', async (context) => {
    const { account, parameters } = (context as ApiContext).state
    const query = sql.selectFrom('queues').selectAll().where('account_sid', '=', account.row.sid)
    const page = await readPage(query, parameters, parts.store)
    answerPage(context as ApiContext, names, page, (row) => presented(row, parts))
  })
  router.post('/Queues', async (context) =>
    one(context as ApiContext, await createQueue(context as ApiContext, parts), 201),
  )
  router.get('/Queues/:sid', async (context) =>
    one(context as ApiContext, await queueOf(context as ApiContext, parts)),
  )
  router.post('/Queues/:sid', async (context) =>
    one(context as ApiContext, await changeQueue(context as ApiContext, parts)),
  )
  router.delete('/Queues/:sid', (context) => removeQueue(context as ApiContext, parts))
  addQueueMembers(router, parts)
}

async function createQueue(context: ApiContext, parts: ApiParts): Promise<QueueRow> {
  const { account, parameters } = context.state
  const wanted = validated(queueSchema, parameters)
  if (wanted.FriendlyName === undefined) {
    throw apiErrors.invalid(20001, "Parameter 'FriendlyName' is required")
  }
  const accountSid = account.row.sid
  await refuseTaken(accountSid, wanted.FriendlyName, undefined, parts)
  const [counted] = await parts.store.read(countQueues(accountSid))
  if ((counted?.count ?? 0) >= queuesMax) {
    throw new ApiError(409, 20009, `This account has ${queuesMax} queues already`)
  }
  const nowMs = parts.clock.nowMs()
  const row: QueueRow = {
    sid: makeSid('QU', parts.ids),
    account_sid: accountSid,
    friendly_name: wanted.FriendlyName,
    size_max: wanted.MaxSize ?? sizeMaxNormal,
    created_ms: nowMs,
    updated_ms: nowMs,
  }
  await writeNamed(insertQueue(row), row, parts)
  return row
}

async function changeQueue(context: ApiContext, parts: ApiParts): Promise<QueueRow> {
  const row = await queueOf(context, parts)
  const wanted = validated(queueSchema, context.state.parameters)
  const name = wanted.FriendlyName ?? row.friendly_name
  await refuseTaken(row.account_sid, name, row.sid, parts)
  const change = {
    friendly_name: name,
    size_max: wanted.MaxSize ?? row.size_max,
    updated_ms: parts.clock.nowMs(),
  }
  const changed = { ...row, ...change }
  await writeNamed(updateQueue(row.sid, change), changed, parts)
  parts.queues.changed({
    ...{ sid: row.sid, accountSid: row.account_sid, createdMs: row.created_ms },
    ...{ friendlyName: name, sizeMax: change.size_max, updatedMs: change.updated_ms },
  })
  return changed
}

async function removeQueue(context: ApiContext, parts: ApiParts): Promise<void> {
  const row = await queueOf(context, parts)
  if (parts.queues.find(row.sid)) {
    throw new ApiError(409, 20009, `Queue ${row.sid} is not empty`)
  }
  await parts.store.write([deleteQueue(row.sid)])
  context.status = 204
}

/** Writes a queue; somebody may have taken its name meanwhile. */
async function writeNamed(
  query: Parameters<ApiParts['store']['write']>[0][number],
  { account_sid, friendly_name, sid }: QueueRow,
  parts: ApiParts,
): Promise<void> {
  try {
    await parts.store.write([query])
  } catch (error) {
    await refuseTaken(account_sid, friendly_name, sid, parts)
    throw error
  }
}

async function refuseTaken(
  accountSid: string,
  name: string,
  but: string | undefined,
  { store }: ApiParts,
): Promise<void> {
  const [other] = await store.read(findQueueByName(accountSid, name))
  if (other && other.sid !== but) {
    throw new ApiError(400, 22003, `There is a queue with FriendlyName '${name}' already`)
  }
}

async function queueOf(context: ApiContext, { store }: ApiParts): Promise<QueueRow> {
  const [row] = await store.read(findQueue(context.state.account.row.sid, context.params.sid ?? ''))
  if (!row) throw apiErrors.notFound(context.path)
  return row
}

function presented(row: QueueRow, { queues, clock }: ApiParts) {
  return presentQueue(row, queues.find(row.sid), clock.nowMs())
}
