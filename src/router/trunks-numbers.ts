import { type CountryCode, getCountryCallingCode } from 'libphonenumber-js'

/** Numbers without + that are so short are services of the carrier, not other countries. */
const shortDigitsMax = 6

/**
 * Which numbers accounts may call (DIALPLANE_ALLOW_NUMBERS): prefixes for all accounts, or `AC…=+49` for
 * one, which then has only its own. Throws Error.
 */
export class AllowedNumbers {
  readonly #prefixes = new Map<string | undefined, string[]>()
  readonly #home: string
  /** Whether the operator has named this number's prefix in a gateway. */
  readonly #names: (phoneNumber: string, accountSid: string) => boolean

  constructor(
    allowed: readonly string[],
    defaultCountry: string,
    names: (phoneNumber: string, accountSid: string) => boolean,
  ) {
    for (const { accountSid, prefix } of allowed.map(parseAllowed)) {
      const prefixes = this.#prefixes.get(accountSid)
      if (prefixes) prefixes.push(prefix)
      else this.#prefixes.set(accountSid, [prefix])
    }
    this.#home = `+${getCountryCallingCode(defaultCountry as CountryCode)}`
    this.#names = names
  }

  allows(phoneNumber: string, accountSid: string): boolean {
    const prefixes = this.#prefixes.get(accountSid) ?? this.#prefixes.get(undefined)
    if (prefixes) {
      return prefixes.some((prefix) => prefix === '*' || phoneNumber.startsWith(prefix))
    }
    const isShort = !phoneNumber.startsWith('+') && phoneNumber.length <= shortDigitsMax
    return isShort || phoneNumber.startsWith(this.#home) || this.#names(phoneNumber, accountSid)
  }
}

/** One item of the setting. Throws Error. */
export function parseAllowed(text: string): {
  readonly accountSid: string | undefined
  readonly prefix: string
} {
  const match = /^(?:(AC[0-9a-f]{32})=)?(\*|\+?[0-9]{1,15})$/.exec(text)
  if (!match) throw new Error(`${text} is no prefix of numbers`)
  return { accountSid: match[1], prefix: match[2] as string }
}
