import type { Binding, Bound } from '../sip/outside-events.js'

/** Which devices can be called, as the registrar in the SIP engine last said. */
export class DeviceDirectory {
  readonly #realm: string
  readonly #byAddress = new Map<string, readonly Binding[]>()

  /** `realm`: the domain of the users that are of no SIP Domain. */
  constructor(realm: string) {
    this.#realm = realm
  }

  get size(): number {
    return this.#byAddress.size
  }

  bound({ addressOfRecord, bindings }: Bound): void {
    if (bindings.length === 0) this.#byAddress.delete(addressOfRecord)
    else this.#byAddress.set(addressOfRecord, [...bindings].sort(byPreference))
  }

  /** The bindings of a user, best first. */
  find(user: string, domainName = this.#realm): readonly Binding[] {
    return this.#byAddress.get(`${user}@${domainName}`) ?? []
  }

  /** Addresses of record of SIP Domains whose user is one no more. */
  strangers(mayRegister: (user: string, domainName: string) => boolean): string[] {
    return [...this.#byAddress.keys()].filter((addressOfRecord) => {
      const at = addressOfRecord.lastIndexOf('@')
      const domainName = addressOfRecord.slice(at + 1)
      return domainName !== this.#realm && !mayRegister(addressOfRecord.slice(0, at), domainName)
    })
  }
}

/** RFC 3261 §10.2.1.2; among equals the one that registered last. */
function byPreference(left: Binding, right: Binding): number {
  return right.priority - left.priority || right.expiresAtMs - left.expiresAtMs
}
