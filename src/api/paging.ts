import type { SelectQueryBuilder } from 'kysely'
import type { Tables } from '../store/schema.js'
import type { Store } from '../store/store.js'
import { apiErrors } from './api-error.js'
import type { Parameters } from './parameters.js'

const pageSizeNormal = 50
const pageSizeMax = 1_000

interface Keyed {
  readonly sid: string
  readonly created_ms: number
}

interface Token {
  /** Rows older than the key come next, or newer ones when paging back. */
  readonly direction: 'after' | 'before'
  readonly createdMs: number
  readonly sid: string
}

export interface Page<Row> {
  readonly rows: readonly Row[]
  readonly page: number
  readonly pageSize: number
  readonly next: string | undefined
  readonly previous: string | undefined
}

type Listed =
  | ('calls' | 'recordings' | 'incoming_phone_numbers' | 'gateways')
  | ('sip_domains' | 'sip_credential_lists' | 'sip_credentials')
  | ('sip_ip_access_control_lists' | 'sip_ip_addresses' | 'sip_mappings')
  | ('customer_trunks' | 'origination_urls' | 'call_events')
  | ('conferences' | 'queues' | 'applications' | 'messages')
  | ('outgoing_caller_ids' | 'webhook_options')

/**
 * One page of a list, newest first. The token names the row where the page begins, so that the cost of
 * a page does not grow with its number, and rows that are added meanwhile shift nothing.
 */
export async function readPage<Table extends Listed>(
  query: SelectQueryBuilder<Tables, Table, Tables[Table]>,
  parameters: Parameters,
  store: Store,
): Promise<Page<Tables[Table]>> {
  const pageSize = numberOf(parameters, 'PageSize', pageSizeNormal, 1, pageSizeMax)
  const page = numberOf(parameters, 'Page', 0, 0, 1_000_000)
  const token = tokenOf(parameters.get('PageToken'))
  if (page > 0 && !token) throw apiErrors.invalid(54453, 'PageToken is required for Page > 0')
  const back = token?.direction === 'before'
  let select = query as unknown as SelectQueryBuilder<Tables, 'calls', Tables['calls']>
  if (token) {
    const compare = back ? '>' : '<'
    select = select.where((where) =>
      where.or([
        where('created_ms', compare, token.createdMs),
        where.and([where('created_ms', '=', token.createdMs), where('sid', compare, token.sid)]),
      ]),
    )
  }
  const order = back ? 'asc' : 'desc'
  const found = (await store.read(
    select
      .orderBy('created_ms', order)
      .orderBy('sid', order)
      .limit(pageSize + 1)
      .compile(),
  )) as unknown as (Tables[Table] & Keyed)[]
  const more = found.length > pageSize
  const rows = found.slice(0, pageSize)
  if (back) rows.reverse()
  const [first, last] = [rows[0], rows.at(-1)]
  const hasNext = back || more
  return {
    rows,
    page,
    pageSize,
    next: hasNext && last ? tokenText('after', last) : undefined,
    previous: page > 0 && first ? tokenText('before', first) : undefined,
  }
}

/** As `readPage`, of a list that is not stored; of one millisecond in the order that is given. */
export function pageOf<Row extends Keyed>(all: readonly Row[], parameters: Parameters): Page<Row> {
  const pageSize = numberOf(parameters, 'PageSize', pageSizeNormal, 1, pageSizeMax)
  const page = numberOf(parameters, 'Page', 0, 0, 1_000_000)
  const token = tokenOf(parameters.get('PageToken'))
  if (page > 0 && !token) throw apiErrors.invalid(54453, 'PageToken is required for Page > 0')
  const newest = [...all].sort((a, b) => b.created_ms - a.created_ms)
  const back = token?.direction === 'before'
  const left = token ? beyond(newest, token) : newest
  const rows = back ? left.slice(-pageSize) : left.slice(0, pageSize)
  const [first, last] = [rows[0], rows.at(-1)]
  const hasNext = back || left.length > pageSize
  return {
    ...{ rows, page, pageSize },
    next: hasNext && last ? tokenText('after', last) : undefined,
    previous: page > 0 && first ? tokenText('before', first) : undefined,
  }
}

/** What comes next of a list, newest first; when the row of the token has gone, nothing is left out. */
function beyond<Row extends Keyed>(newest: readonly Row[], token: Token): readonly Row[] {
  const back = token.direction === 'before'
  const at = newest.findIndex(({ sid }) => sid === token.sid)
  if (at >= 0) return back ? newest.slice(0, at) : newest.slice(at + 1)
  return newest.filter(({ created_ms: ms }) =>
    back ? ms >= token.createdMs : ms <= token.createdMs,
  )
}

/** The envelope of a list, with URIs relative to the API's host (contract 2A 2-3). */
export function envelope<Row>(page: Page<Row>, url: URL, format: string) {
  const at = (number: number, token: string | undefined) => {
    const query = new URLSearchParams(url.search)
    query.delete('PageToken')
    query.set('PageSize', String(page.pageSize))
    query.set('Page', String(number))
    if (token !== undefined) query.set('PageToken', token)
    return `${url.pathname.replace(/(\.\w+)?$/, `.${format}`)}?${query}`
  }
  const start = page.page * page.pageSize
  return {
    end: Math.max(start, start + page.rows.length - 1),
    first_page_uri: at(0, undefined),
    next_page_uri: page.next === undefined ? null : at(page.page + 1, page.next),
    page: page.page,
    page_size: page.pageSize,
    previous_page_uri:
      page.previous === undefined ? null : at(Math.max(0, page.page - 1), page.previous),
    start,
    uri: at(page.page, url.searchParams.get('PageToken') ?? undefined),
  }
}

/** The envelope of lists of v1: `meta` with absolute URLs; `url`: that of this page. */
export function envelopeV1<Row>(page: Page<Row>, url: URL, key: string) {
  const at = (number: number, token: string | undefined) => {
    const query = new URLSearchParams({ PageSize: String(page.pageSize), Page: String(number) })
    if (token !== undefined) query.set('PageToken', token)
    return `${url.origin}${url.pathname}?${query}`
  }
  const { page: number, next, previous } = page
  return {
    page: number,
    page_size: page.pageSize,
    first_page_url: at(0, undefined),
    previous_page_url: previous === undefined ? null : at(Math.max(0, number - 1), previous),
    url: at(number, url.searchParams.get('PageToken') ?? undefined),
    next_page_url: next === undefined ? null : at(number + 1, next),
    key,
  }
}

function numberOf(
  parameters: Parameters,
  name: string,
  normal: number,
  min: number,
  max: number,
): number {
  const text = parameters.get(name)
  if (text === undefined || text === '') return normal
  const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN
  if (Number.isNaN(value) || value < min) throw apiErrors.invalid(20001, `${name} is not valid`)
  return Math.min(value, max)
}

function tokenText(direction: Token['direction'], row: Keyed): string {
  return `P${direction === 'after' ? 'A' : 'B'}${row.sid}${row.created_ms.toString(36)}`
}

function tokenOf(text: string | undefined): Token | undefined {
  if (text === undefined || text === '') return undefined
  const match = /^P([AB])([A-Z]{2}[0-9a-f]{32})([0-9a-z]{1,10})$/.exec(text)
  if (!match) throw apiErrors.invalid(54453, 'PageToken is not valid')
  const [, direction, sid = '', created = ''] = match
  return {
    direction: direction === 'A' ? 'after' : 'before',
    createdMs: Number.parseInt(created, 36),
    sid,
  }
}
