import type Router from 'koa-router'
import { z } from 'zod'
import { type ApiContext, answerOne } from './answer.js'
import { ApiError, apiErrors } from './api-error.js'
import type { ApiParts, Mailbox, MailboxAddress } from './api-parts.js'
import { integer, validated } from './parameters.js'
import { rfc2822 } from './present/format.js'
import { originalPath } from './refusal.js'

export const messageSummariesPath = '/MessageSummaries'

const names = { one: 'MessageSummary', many: 'MessageSummaries', key: 'message_summaries' }
const path = `${messageSummariesPath}/:mailbox`
const count = integer(0, 1_000_000).optional()
const schema = z.object({ NewMessages: count, OldMessages: count })

/** How many messages wait for a user; phones that have subscribed to it light their lamp (RFC 3842). */
export function addMessageSummaries(router: Router, parts: ApiParts): void {
  const { mailboxes } = parts.sipDomains
  router.get(path, async (context) => {
    const { addressOfRecord } = addressOf(context as ApiContext, parts)
    const mailbox = await mailboxes.find(addressOfRecord)
    if (!mailbox) throw notFound(context as ApiContext)
    answerOne(context as ApiContext, names, present(mailbox))
  })
  router.post(path, (context) => changeSummary(context as ApiContext, parts))
  router.delete(path, async (context) => {
    const { addressOfRecord } = addressOf(context as ApiContext, parts)
    if (!(await mailboxes.find(addressOfRecord))) throw notFound(context as ApiContext)
    await mailboxes.remove(addressOfRecord)
    context.status = 204
  })
}

/** What is not given stays as it is, and is nothing at first. */
async function changeSummary(context: ApiContext, parts: ApiParts): Promise<void> {
  const { mailboxes } = parts.sipDomains
  const address = addressOf(context, parts)
  const settings = validated(schema, context.state.parameters)
  const before = await mailboxes.find(address.addressOfRecord)
  const mailbox = await mailboxes.put(address, {
    newMessages: settings.NewMessages ?? before?.newMessages ?? 0,
    oldMessages: settings.OldMessages ?? before?.oldMessages ?? 0,
  })
  if (!mailbox) throw new ApiError(409, 20009, 'There are too many mailboxes already')
  answerOne(context, names, present(mailbox))
}

/** The mailbox that the path names: of any user for the first account, else of its own domains. */
function addressOf(context: ApiContext, { sipDomains, account }: ApiParts): MailboxAddress {
  const address = sipDomains.mailboxes.locate(context.params.mailbox ?? '')
  const own = context.state.account.row.sid
  if (!address || (own !== account.sid && own !== address.accountSid)) throw notFound(context)
  return address
}

function notFound(context: ApiContext): ApiError {
  return apiErrors.notFound(originalPath(context))
}

function present({ addressOfRecord, newMessages, oldMessages, updatedMs }: Mailbox) {
  return {
    address_of_record: addressOfRecord,
    new_messages: newMessages,
    old_messages: oldMessages,
    date_updated: rfc2822(updatedMs),
    url: `/dialplane/v1${messageSummariesPath}/${encodeURIComponent(addressOfRecord)}`,
  }
}
