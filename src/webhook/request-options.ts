import type { WebhookRequest } from './client.js'
import type { Parameters } from './signature.js'

/** How the requests of an account or a number are sent beyond what is usual (checklist D3, D6, D7, D20). */
export interface RequestOptions {
  /** At most four; each gets a copy of every request. */
  readonly mirrorUrls: readonly string[]
  /** Where parameters are repeated. */
  readonly stateIn: readonly ('headers' | 'query')[]
  /** What is left out of requests about calls. */
  readonly withhold: readonly ('From' | 'Geo')[]
}

const headerPrefix = 'X-CallRouter-'
/** Servers take about 16 kB of header fields, request line included. */
const headerBytesMax = 8_000
const queryCharsMax = 4_000

/** Who calls, and from where (contract 2C.1). */
const originator = new Set(['From', 'Caller', 'CallerName', 'ForwardedFrom', 'SipSourceIp'])
const place = /^(?:From|To|Caller|Called)(?:City|State|Zip|Country)$/

/** Without what the options withhold. */
export function withoutWithheld(
  parameters: Parameters,
  options: RequestOptions | undefined,
): Parameters {
  if (!options || options.withhold.length === 0) return parameters
  const isFromWithheld = options.withhold.includes('From')
  const isGeoWithheld = options.withhold.includes('Geo')
  return parameters.filter(
    ([name]) => !(isFromWithheld && originator.has(name)) && !(isGeoWithheld && place.test(name)),
  )
}

/** The request with its parameters also where the options want them. */
export function withState<Request extends WebhookRequest>(
  request: Request,
  { stateIn }: RequestOptions,
): Request {
  if (stateIn.length === 0) return request
  const { parameters, method } = request
  const headers = stateIn.includes('headers') ? stateHeaders(parameters) : noHeaders
  const query =
    stateIn.includes('query') && method === 'POST' && URL.canParse(request.url)
      ? withQuery(request.url, parameters)
      : { url: request.url, isTruncated: false }
  const isTruncated = headers.isTruncated || query.isTruncated
  return {
    ...request,
    url: query.url,
    headers: {
      ...request.headers,
      ...headers.fields,
      ...(isTruncated ? { [`${headerPrefix}Truncated`]: '1' } : {}),
    },
  }
}

interface StateHeaders {
  readonly fields: Readonly<Record<string, string>>
  readonly isTruncated: boolean
}

const noHeaders: StateHeaders = { fields: {}, isTruncated: false }

/** What does not fit is left out; of a name that is repeated the values are joined (RFC 9110 §5.2). */
function stateHeaders(parameters: Parameters): StateHeaders {
  const fields = new Map<string, [name: string, value: string]>()
  let bytes = 0
  let isTruncated = false
  for (const [name, value] of parameters) {
    const field = headerPrefix + escaped(name, notToken)
    const text = escaped(value, notVisible)
    const known = fields.get(field.toLowerCase())
    const cost = known ? text.length + 2 : field.length + text.length + 4
    if (name === '' || bytes + cost > headerBytesMax) {
      isTruncated = true
      continue
    }
    bytes += cost
    if (known) known[1] += `, ${text}`
    else fields.set(field.toLowerCase(), [field, text])
  }
  return { fields: Object.fromEntries(fields.values()), isTruncated }
}

/** RFC 9110 §5.6.2; % is what begins an escape. */
const notToken = /[^!#$&'*+\-.^_`|~0-9A-Za-z]/gu
/** Spaces at the ends would be lost (RFC 9110 §5.5). */
const notVisible = /[^\x20-\x24\x26-\x7e]|^\x20+|\x20+$/gu

function escaped(text: string, unsafe: RegExp): string {
  return text.replace(unsafe, (part) => Array.from(Buffer.from(part), percent).join(''))
}

function percent(byte: number): string {
  return `%${byte.toString(16).toUpperCase().padStart(2, '0')}`
}

function withQuery(url: string, parameters: Parameters) {
  const to = new URL(url)
  let isTruncated = false
  let query = ''
  for (const [name, value] of parameters) {
    const pair = new URLSearchParams([[name, value]]).toString()
    if (query.length + pair.length + 1 > queryCharsMax) isTruncated = true
    else query += `${query === '' ? '' : '&'}${pair}`
  }
  if (query !== '') to.search = to.search === '' ? query : `${to.search}&${query}`
  return { url: to.href, isTruncated }
}
