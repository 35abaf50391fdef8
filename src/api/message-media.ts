import type Router from 'koa-router'
import { isFinal, type MessageStatus } from '../message/message-record.js'
import { mediaMax } from '../message/messages.js'
import { findMessage, mediaOf, updateMessageMedia } from '../store/messages.js'
import type { MessageRow } from '../store/schema.js'
import { type ApiContext, answerOne, answerPage } from './answer.js'
import { ApiError, apiErrors } from './api-error.js'
import type { ApiParts } from './api-parts.js'
import { dateRange } from './date-filter.js'
import { messageOf } from './messages.js'
import { pageOf } from './paging.js'
import { isWebUrl } from './parameters.js'
import { presentMedium } from './present/message.js'

const names = { one: 'Media', many: 'MediaList', key: 'media_list' }
const path = '/Messages/:sid/Media'

interface Medium {
  readonly row: MessageRow
  /** In the list that the message was created with. */
  readonly place: number
  readonly url: string
}

/** What a message shows: URLs of its sender; nothing is copied. */
export function addMessageMedia(router: Router, parts: ApiParts): void {
  router.get(path, (context) => list(context as ApiContext, parts))
  router.get(`${path}/:mediaSid`, (context) => fetchOne(context as ApiContext, parts))
  router.delete(`${path}/:mediaSid`, (context) => remove(context as ApiContext, parts))
}

async function list(context: ApiContext, parts: ApiParts): Promise<void> {
  const { parameters } = context.state
  const message = await messageOf(context, parts)
  const bounds = dateRange('DateCreated', parameters)
  const rows = mediaIn(message)
    .map(({ row, place }) => ({ row, sid: sidOf(row, place), created_ms: row.created_ms }))
    .filter(({ created_ms }) =>
      bounds.every(({ compare, ms }) => (compare === '<' ? created_ms < ms : created_ms >= ms)),
    )
  answerPage(context, names, pageOf(rows, parameters), ({ row, sid }) => presentMedium(row, sid))
}

/** The resource by .json and .xml; without an extension what it names. */
async function fetchOne(context: ApiContext, parts: ApiParts): Promise<void> {
  const { row, place, url } = await mediumOf(context, parts)
  if (/\.\w+$/.test(context.path)) {
    answerOne(context, names, presentMedium(row, sidOf(row, place)))
    return
  }
  // One of a document was not checked before.
  if (!isWebUrl(url)) throw apiErrors.notFound(context.path)
  context.status = 307
  context.redirect(url)
}

async function remove(context: ApiContext, parts: ApiParts): Promise<void> {
  const { row, place } = await mediumOf(context, parts)
  if (!isFinal(row.status as MessageStatus)) {
    throw new ApiError(409, 20009, `Message ${row.sid} is not finished and cannot be changed`)
  }
  let now: MessageRow | undefined = row
  // Each try that fails is one in which another of the media went.
  for (let left = mediaMax; now && mediaOf(now)[place] && left > 0; left--) {
    const urls = mediaOf(now).with(place, null)
    await parts.store.write([updateMessageMedia(row.sid, now.media_urls, urls)])
    ;[now] = await parts.store.read(findMessage(row.sid))
  }
  context.status = 204
}

async function mediumOf(context: ApiContext, parts: ApiParts): Promise<Medium> {
  const message = await messageOf(context, parts)
  const found = mediaIn(message).find(
    ({ row, place }) => sidOf(row, place) === context.params.mediaSid,
  )
  if (found) return found
  throw apiErrors.notFound(context.path)
}

function mediaIn(row: MessageRow): Medium[] {
  return mediaOf(row).flatMap((url, place) => (url === null ? [] : [{ row, place, url }]))
}

/** Made of that of the message, so that it stays: a message has fewer media than a digit has values. */
function sidOf({ sid }: MessageRow, place: number): string {
  return `ME${sid.slice(2, -1)}${place.toString(16)}`
}
