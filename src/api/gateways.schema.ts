import { z } from 'zod'
import { boolean, integer } from './parameters.js'

/** A value, or nothing to take it away. */
function orNothing<Output>(schema: z.ZodType<Output, string>) {
  return z.union([z.literal('').transform(() => null), schema])
}

const text = z.string().max(255, 'may have at most 255 characters')
const printable = text.regex(/^[^\p{Cc}]*$/u, 'may not hold control characters')

const rate = z
  .string()
  .regex(/^\d{1,5}(\.\d{1,3})?$/, 'must be a number such as 10 or 0.5')
  .transform(Number)
  .pipe(z.number().gt(0, 'must be above 0'))

/** The parameters of a gateway; all may be left out but Uri of a new one. */
export const gatewaySchema = z.object({
  Name: printable.max(64, 'may have at most 64 characters').optional(),
  AccountSid: orNothing(
    z.string().regex(/^AC[0-9a-f]{32}$/, 'must be AC and 32 hex digits'),
  ).optional(),
  Prefix: z
    .string()
    .regex(/^(\*|\+?[0-9]{1,15})$/, 'must be digits, with + where numbers begin so, or *')
    .optional(),
  Priority: integer(0, 65_535).optional(),
  Weight: integer(0, 65_535).optional(),
  Uri: text.regex(/^sips?:[^\s@,<>"?]+$/i, 'must be a SIP URI without user').optional(),
  Username: orNothing(printable).optional(),
  Password: orNothing(printable).optional(),
  Strip: integer(0, 15).optional(),
  Prepend: z
    .string()
    .regex(/^\+?[0-9]{0,24}$/, 'must be digits')
    .optional(),
  CallsMax: orNothing(integer(1, 100_000)).optional(),
  CallsPerSecondMax: orNothing(rate).optional(),
  Register: boolean.optional(),
  Expires: integer(60, 86_400).optional(),
  Enabled: boolean.optional(),
})

export type GatewaySettings = z.infer<typeof gatewaySchema>
