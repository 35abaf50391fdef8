import type Router from 'koa-router'
import { CommandError } from '../call/command.js'
import type { CallQueue } from '../call/queue.js'
import type { QueueMember } from '../call/queue-member.js'
import { findQueue } from '../store/queues.js'
import { type ApiContext, answerOne, answerPage } from './answer.js'
import { ApiError, apiErrors } from './api-error.js'
import type { ApiParts } from './api-parts.js'
import { pageOf } from './paging.js'
import { validated } from './parameters.js'
import { presentMember } from './present/queue.js'
import { memberSchema } from './queues.schema.js'

const names = { one: 'QueueMember', many: 'QueueMembers', key: 'queue_members' }
const path = '/Queues/:sid/Members'

/** Who waits in a queue, the first first; `Front` names the first. */
export function addQueueMembers(router: Router, parts: ApiParts): void {
  router.get(path, (context) => listMembers(context as ApiContext, parts))
  router.get(`${path}/:callSid`, async (context) => {
    const found = await memberOf(context as ApiContext, parts)
    answerOne(context as ApiContext, names, presented(found, parts))
  })
  router.post(`${path}/:callSid`, (context) => redirectMember(context as ApiContext, parts))
}

interface Found {
  readonly queue: CallQueue
  readonly member: QueueMember
}

async function listMembers(context: ApiContext, parts: ApiParts): Promise<void> {
  const queue = await queueOf(context, parts)
  // Pages begin with the newest: who came first comes first by this.
  const rows = (queue?.members ?? []).map((member) => ({
    member,
    sid: member.call.sid,
    created_ms: 2 ** 45 - member.enqueuedMs,
  }))
  const page = pageOf(rows, context.state.parameters)
  answerPage(context, names, page, ({ member }) =>
    presented({ queue: queue as CallQueue, member }, parts),
  )
}

/** Takes a call out of its queue; it goes on with the document at Url. */
async function redirectMember(context: ApiContext, parts: ApiParts): Promise<void> {
  const found = await memberOf(context, parts)
  const { Url: url, Method: method } = validated(memberSchema, context.state.parameters, {
    Url: 21205,
    Method: 21209,
  })
  const before = presented(found, parts)
  try {
    const start = { type: 'url', url, method } as const
    await parts.calls.dispatch(found.member.call.sid, { type: 'redirect', start })
  } catch (error) {
    if (!(error instanceof CommandError)) throw error
    throw new ApiError(400, error.errorCode, error.message)
  }
  answerOne(context, names, before)
}

/** Undefined: nobody is in it. */
async function queueOf(context: ApiContext, parts: ApiParts): Promise<CallQueue | undefined> {
  const sid = context.params.sid ?? ''
  const [row] = await parts.store.read(findQueue(context.state.account.row.sid, sid))
  if (!row) throw notFound(context)
  return parts.queues.find(sid)
}

async function memberOf(context: ApiContext, parts: ApiParts): Promise<Found> {
  const queue = await queueOf(context, parts)
  const { callSid } = context.params
  const member =
    callSid === 'Front'
      ? queue?.members[0]
      : queue?.members.find(({ call }) => call.sid === callSid)
  if (!queue || !member) throw notFound(context)
  return { queue, member }
}

function notFound(context: ApiContext): ApiError {
  return apiErrors.notFound(context.path)
}

function presented({ queue, member }: Found, { clock }: ApiParts) {
  return presentMember(queue, member, queue.positionOf(member), clock.nowMs())
}
