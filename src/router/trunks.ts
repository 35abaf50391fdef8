import { z } from 'zod'
import type { Route } from '../call/ports.js'

const trunkSchema = z.object({
  name: z.string().default(''),
  /** Digits that a number begins with, + included; '*': every number. */
  prefix: z.string().default('*'),
  priority: z.coerce.number().int().default(0),
  weight: z.coerce.number().int().default(1),
  uri: z.string().regex(/^sips?:\S+$/i, 'must be a SIP URI'),
  username: z.string().optional(),
  password: z.string().optional(),
  /** How many leading characters of the number are left out. */
  strip: z.coerce.number().int().min(0).max(15).default(0),
  prepend: z.string().default(''),
})

export type Trunk = z.infer<typeof trunkSchema>

/** '+1=sip:10.0.0.5;transport=udp,*=sip:user:pass@gw', or the list of a YAML file. Throws Error. */
export function parseTrunks(trunks: string | readonly unknown[] | undefined): Trunk[] {
  const given =
    typeof trunks === 'string' ? trunks.split(',').filter(isFilled).map(parseOne) : trunks
  return (given ?? []).map((trunk) => {
    const parsed = trunkSchema.safeParse(trunk)
    if (parsed.success) return parsed.data
    throw new Error(
      parsed.error.issues.map(({ path, message }) => `${path.join('.')} ${message}`).join('; '),
    )
  })
}

/** The route of a number: longest prefix, then lowest priority. Undefined: no trunk serves it. */
export function routeNumber(trunks: readonly Trunk[], phoneNumber: string): Route | undefined {
  // What is no number would choose another host than the trunk's.
  if (!/^\+?[0-9]{1,32}$/.test(phoneNumber)) return undefined
  const [trunk] = trunks
    .filter(({ prefix }) => prefix === '*' || phoneNumber.startsWith(prefix))
    .sort((a, b) => prefixLength(b) - prefixLength(a) || a.priority - b.priority)
  if (!trunk) return undefined
  const user = trunk.prepend + phoneNumber.slice(trunk.strip)
  const [scheme = 'sip', rest = ''] = splitAt(trunk.uri, ':')
  const host = rest.slice(rest.lastIndexOf('@') + 1)
  return {
    target: `${scheme}:${user}@${host}`,
    nextHop: undefined,
    credentials:
      trunk.username === undefined
        ? undefined
        : { username: trunk.username, password: trunk.password ?? '' },
  }
}

function parseOne(text: string): Partial<Trunk> & { uri: string } {
  const [prefix = '*', uri = ''] = splitAt(text.trim(), '=')
  const userinfo = /^(sips?:)([^:@]+):([^@]*)@(.+)$/i.exec(uri)
  if (!userinfo) return { prefix, uri }
  const [, scheme = 'sip:', username = '', password = '', host = ''] = userinfo
  return { prefix, uri: scheme + host, username, password }
}

function splitAt(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator)
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)]
}

function prefixLength({ prefix }: Trunk): number {
  return prefix === '*' ? 0 : prefix.length
}

function isFilled(text: string): boolean {
  return text.trim() !== ''
}
