import type { Context } from 'koa'
import type { ApiState } from './api-parts.js'
import { envelope, type Page } from './paging.js'
import { csvList } from './present/csv.js'
import { xmlDocument, xmlList } from './present/xml.js'

export type ApiContext = Context & { state: ApiState; params: { readonly [name: string]: string } }

/** Names of a resource: element, list element, and key of the list in JSON. */
export interface ResourceNames {
  readonly one: string
  readonly many: string
  readonly key: string
}

/** Answers with one resource in the format that the path asks for. */
export function answerOne(
  context: ApiContext,
  names: ResourceNames,
  resource: object,
  status = 200,
): void {
  context.status = status
  if (context.state.format === 'json') {
    context.body = resource
    return
  }
  context.type = 'application/xml'
  context.body = xmlDocument(names.one, resource)
}

/** Answers with a page of a list. */
export function answerPage<Row>(
  context: ApiContext,
  names: ResourceNames,
  page: Page<Row>,
  present: (row: Row) => object,
): void {
  const items = page.rows.map(present)
  const { format } = context.state
  const paging = envelope(page, new URL(context.originalUrl, 'http://host'), format)
  if (format === 'json') {
    context.body = { [names.key]: items, ...paging }
    return
  }
  if (format === 'csv') {
    context.type = 'text/csv'
    context.body = csvList(items)
    return
  }
  context.type = 'application/xml'
  context.body = xmlList(names.many, names.one, items, paging)
}
