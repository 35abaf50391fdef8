import type Router from 'koa-router'
import { findMessage, updateMessageFeedback } from '../store/messages.js'
import { type ApiContext, answerOne } from './answer.js'
import { apiErrors } from './api-error.js'
import type { ApiParts } from './api-parts.js'
import { messageOf } from './messages.js'
import { feedbackSchema } from './messages.schema.js'
import { validated } from './parameters.js'
import { presentFeedback } from './present/message.js'

const names = { one: 'Feedback', many: 'Feedback', key: 'feedback' }

/** Whether a message has had its effect, as its sender tells; the last word counts. */
export function addMessageFeedback(router: Router, parts: ApiParts): void {
  router.post('/Messages/:sid/Feedback', (context) => tell(context as ApiContext, parts))
}

async function tell(context: ApiContext, parts: ApiParts): Promise<void> {
  const { sid } = await messageOf(context, parts)
  const { Outcome } = validated(feedbackSchema, context.state.parameters)
  await parts.store.write([updateMessageFeedback(sid, Outcome, parts.clock.nowMs())])
  const [row] = await parts.store.read(findMessage(sid))
  if (!row) throw apiErrors.notFound(context.path)
  answerOne(context, names, presentFeedback(row))
}
