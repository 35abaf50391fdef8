import type { ApiContext } from './answer.js'
import type { ApiParts } from './api-parts.js'
import { envelopeV1, type Page } from './paging.js'

/** A page of a list of v1. */
export function answerV1Page<Row>(
  context: ApiContext,
  key: string,
  page: Page<Row>,
  present: (row: Row) => object,
  { baseUrl }: Pick<ApiParts, 'baseUrl'>,
): void {
  const meta = envelopeV1(page, new URL(context.originalUrl, baseUrl), key)
  context.body = { [key]: page.rows.map(present), meta }
}
