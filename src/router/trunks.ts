import { createHash } from 'node:crypto'
import { z } from 'zod'
import type { Gateway } from '../call/trunk-gateway.js'

/** What of a gateway has a form; for settings and REST alike. */
export const trunkForms = {
  prefix: /^(\*|\+?[0-9]{1,15})$/,
  uri: /^sips?:[^\s@,<>"?]+$/i,
  prepend: /^\+?[0-9]{0,24}$/,
}

/** Digits are text: YAML makes 1 of an unquoted +1, and 0 of 00. */
const trunkFields = z.object({
  name: z.string().max(64).default(''),
  accountSid: z
    .string()
    .regex(/^AC[0-9a-f]{32}$/, 'AC and 32 hex digits')
    .optional(),
  prefix: z.string().regex(trunkForms.prefix, 'must be digits, + allowed, or *').default('*'),
  priority: z.coerce.number().int().min(0).max(65_535).default(0),
  weight: z.coerce.number().int().min(0).max(65_535).default(1),
  uri: z.string().max(255).regex(trunkForms.uri, 'must be a SIP URI'),
  username: z.string().max(255).optional(),
  password: z.string().max(255).optional(),
  strip: z.coerce.number().int().min(0).max(15).default(0),
  prepend: z.string().regex(trunkForms.prepend, 'must be digits').default(''),
  callsMax: z.coerce.number().int().min(1).optional(),
  callsPerSecondMax: z.coerce.number().gt(0).optional(),
  register: z.boolean().default(false),
  expiresSeconds: z.coerce.number().int().min(60).max(86_400).default(3_600),
  enabled: z.boolean().default(true),
})

const trunkSchema = trunkFields.refine(
  ({ register, username }) => !register || username !== undefined,
  { path: ['register'], error: 'needs a username' },
)

/**
 * '+1=sip:10.0.0.5;transport=udp,*=sip:user:pass@gw;register', or the list of a YAML file. Throws Error.
 */
export function parseTrunks(trunks: string | readonly unknown[] | undefined): Gateway[] {
  const given =
    typeof trunks === 'string' ? trunks.split(',').filter(isFilled).map(parseOne) : (trunks ?? [])
  const known = new Map<string, number>()
  return given.map((trunk) => {
    const parsed = trunkSchema.safeParse(trunk)
    if (!parsed.success) {
      const { issues } = parsed.error
      throw new Error(issues.map(({ path, message }) => `${path.join('.')} ${message}`).join('; '))
    }
    return gatewayOf(parsed.data, known)
  })
}

function gatewayOf(trunk: z.infer<typeof trunkSchema>, known: Map<string, number>): Gateway {
  const { accountSid, username, password, callsMax, callsPerSecondMax, ...rest } = trunk
  const { enabled: isEnabled, expiresSeconds: expiresS, ...others } = rest
  // The same line has the same sid after a restart; of equal ones each has its own.
  const name = [accountSid, trunk.name, trunk.prefix, trunk.uri, username].join('\n')
  const count = known.get(name) ?? 0
  known.set(name, count + 1)
  const sid = `GW${createHash('sha256').update(`${name}\n${count}`).digest('hex').slice(0, 32)}`
  const optional = { accountSid, username, password, callsMax, callsPerSecondMax }
  return { sid, ...others, ...optional, isEnabled, expiresS }
}

function parseOne(text: string): Partial<Gateway> & { uri: string } {
  const [prefix = '*', given = ''] = splitAt(text.trim(), '=')
  const uri = given.replace(/;register(?=;|$)/gi, '')
  const register = uri !== given
  const userinfo = /^(sips?:)([^:@]+):([^@]*)@(.+)$/i.exec(uri)
  if (!userinfo) return { prefix, uri, register }
  const [, scheme = 'sip:', username = '', password = '', host = ''] = userinfo
  return { prefix, uri: scheme + host, username, password, register }
}

function splitAt(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator)
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)]
}

function isFilled(text: string): boolean {
  return text.trim() !== ''
}
