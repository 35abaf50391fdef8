/** Scenarios for sipp, written as steps; each message is complete, so that nothing of ours speaks. */

const via = 'Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]'
const contact = 'Contact: <sip:sipp@[local_ip]:[local_port];transport=[transport]>'
const sdp = [
  'v=0',
  'o=sipp 1 [cseq] IN IP4 [local_ip]',
  's=-',
  'c=IN IP4 [media_ip]',
  't=0 0',
  'm=audio [media_port] RTP/AVP 0',
]

interface Parts {
  readonly headers?: readonly string[]
  readonly sdp?: boolean
  /** Another body, whose type is among the headers. */
  readonly text?: string
  /** Default: 70. */
  readonly maxForwards?: number
  /** Who is called; default: the service of the command line. */
  readonly service?: string
  /** That of an earlier message, like `[branch-3]`. */
  readonly branch?: string
  /** Our tag, as the one that is called. */
  readonly tag?: string
  /** Not repeated when nothing answers. */
  readonly once?: boolean
}

function send(lines: readonly string[], parts: Parts, retransmits: boolean): string {
  const body = parts.sdp ? sdp : parts.text === undefined ? [] : [parts.text]
  const type = parts.sdp ? ['Content-Type: application/sdp'] : []
  const length = body.length > 0 ? ['Content-Length: [len]', '', ...body] : ['Content-Length: 0']
  const text = [...lines, ...(parts.headers ?? []), ...type, ...length]
  const attribute = retransmits && !parts.once ? ' retrans="500"' : ''
  return `<send${attribute}><![CDATA[\n${text.join('\n')}\n\n]]></send>`
}

/** What needs no dialog, when it is the first of a call. */
const beginning = new Set(['INVITE', 'CANCEL', 'REGISTER', 'MESSAGE', 'SUBSCRIBE', 'OPTIONS'])

/** A request of sipp as the caller; the first INVITE goes without a tag of the peer. */
export function fromCaller(method: string, cseq: number, parts: Parts = {}): string {
  const first = beginning.has(method) && cseq === 1
  const { service = '[service]' } = parts
  const uri = first ? `sip:${service}@[remote_ip]:[remote_port]` : '[next_url]'
  const lines = [
    `${method} ${uri} SIP/2.0`,
    via.replace('[branch]', parts.branch ?? '[branch]'),
    'From: <sip:sipp@[local_ip]:[local_port]>;tag=[pid]caller[call_number]',
    `To: <sip:[service]@[remote_ip]:[remote_port]>${first ? '' : '[peer_tag_param]'}`,
    'Call-ID: [call_id]',
    `CSeq: ${cseq} ${method}`,
    contact,
    `Max-Forwards: ${parts.maxForwards ?? 70}`,
  ]
  return send(lines, parts, method !== 'ACK')
}

/** A request of sipp as the one that was called. The INVITE has set $caller to its From. */
export function fromCallee(method: string, cseq: number, parts: Parts = {}): string {
  const lines = [
    `${method} [next_url] SIP/2.0`,
    via,
    `From: <sip:sipp@[local_ip]:[local_port]>;tag=${parts.tag ?? '[pid]called[call_number]'}`,
    'To:[$caller]',
    'Call-ID: [call_id]',
    `CSeq: ${cseq} ${method}`,
    contact,
    'Max-Forwards: 70',
  ]
  return send(lines, parts, method !== 'ACK')
}

/** Answers what came last; `tag`: sipp's own, for what has none yet. */
export function answer(
  status: number,
  { tag = false, ...parts }: Omit<Parts, 'tag'> & { readonly tag?: boolean } = {},
): string {
  const lines = [
    `SIP/2.0 ${status} Whatever`,
    '[last_Via:]',
    '[last_From:]',
    `[last_To:]${tag ? ';tag=[pid]called[call_number]' : ''}`,
    '[last_Call-ID:]',
    '[last_CSeq:]',
    contact,
  ]
  return send(lines, { ...parts, once: true }, false)
}

export const takeInvite =
  '<recv request="INVITE" rrs="true"><action><ereg regexp=".*" search_in="hdr" header="From:" assign_to="caller"/></action></recv>'

/** As `takeInvite`, and keeps its fields for answers that come after other requests. */
export const keepInvite = takeInvite.replace(
  '</action>',
  ['Via', 'CSeq', 'To']
    .map(
      (name) =>
        `<ereg regexp=".*" search_in="hdr" header="${name}:" assign_to="${name.toLowerCase()}"/>`,
    )
    .join('')
    .concat('</action>'),
)

/** Answers the INVITE that was kept, with this tag; a 200 brings a description. */
export function answerInvite(
  status: number,
  tag: string,
  { sdp = status === 200 }: { readonly sdp?: boolean } = {},
): string {
  const lines = [
    `SIP/2.0 ${status} Whatever`,
    'Via:[$via]',
    'From:[$caller]',
    `To:[$to];tag=${tag}`,
    'Call-ID: [call_id]',
    'CSeq:[$cseq]',
    contact,
  ]
  return send(lines, { sdp }, status === 200)
}

export const take = (method: string) => `<recv request="${method}"/>`

/** Awaits a response; `pattern` must be found in that header field. */
export function expectAnswer(status: number, field?: { name: string; pattern: string }): string {
  const action = field
    ? `<action><ereg regexp="${field.pattern}" search_in="hdr" header="${field.name}:" check_it="true" assign_to="found"/></action>`
    : ''
  return `<recv response="${status}" rrs="true">${action}</recv>`
}

/** Awaits the 200 of the INVITE, and tells the log our side of the dialog as a Replaces value. */
export const expectDialog =
  '<recv response="200" rrs="true"><action><ereg regexp="tag=([^;]+)" search_in="hdr" header="To:" check_it="true" assign_to="all,tag"/><log message="[call_id];to-tag=[$tag];from-tag=[pid]caller[call_number]"/></action></recv>'

export const ignoreAnswer = (status: number) => `<recv response="${status}" optional="true"/>`
export const pause = (durationMs: number) => `<pause milliseconds="${durationMs}"/>`

/** The number of a reliable provisional response, for RAck. */
export const expectReliable =
  '<recv response="183" rrs="true"><action><ereg regexp="[0-9]+" search_in="hdr" header="RSeq:" check_it="true" assign_to="rseq"/></action></recv>'

export function scenario(steps: readonly string[]): string {
  const text = steps.join('\n')
  const used = [
    ...new Set(
      [...text.matchAll(/assign_to="([\w,]+)"/g)].flatMap(([, names = '']) => names.split(',')),
    ),
  ]
  const references = used.length > 0 ? `<Reference variables="${used.join(',')}"/>` : ''
  return `<?xml version="1.0" encoding="UTF-8"?>\n<scenario name="test">\n${text}\n${references}\n</scenario>\n`
}
