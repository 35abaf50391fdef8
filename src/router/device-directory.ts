import type { Binding, Bound } from '../sip/outside-events.js'

/** Which devices can be called, as the registrar in the SIP engine last said. */
export class DeviceDirectory {
  readonly #byUser = new Map<string, readonly Binding[]>()

  get size(): number {
    return this.#byUser.size
  }

  bound({ addressOfRecord, bindings }: Bound): void {
    const user = userOfAddress(addressOfRecord)
    if (bindings.length === 0) this.#byUser.delete(user)
    else this.#byUser.set(user, [...bindings].sort(byPreference))
  }

  /** The bindings of a user, best first. */
  find(user: string): readonly Binding[] {
    return this.#byUser.get(user) ?? []
  }
}

/** All domains of ours are one, so the user alone says whose device it is. */
function userOfAddress(addressOfRecord: string): string {
  return addressOfRecord.slice(0, addressOfRecord.lastIndexOf('@'))
}

/** RFC 3261 §10.2.1.2; among equals the one that registered last. */
function byPreference(left: Binding, right: Binding): number {
  return right.priority - left.priority || right.expiresAtMs - left.expiresAtMs
}
