import type { RegisterCommand } from './outside-events.js'
import { Registration } from './registration.js'
import type { Stack } from './stack.js'

const registrationsMax = 1000

/** All registrations of ours with others, by their registrationId. */
export class Registrations {
  readonly #all = new Map<string, Registration>()

  get size(): number {
    return this.#all.size
  }

  register(stack: Stack, command: RegisterCommand): void {
    const { registrationId } = command
    const known = this.#all.get(registrationId)
    if (known) {
      known.update(command)
      return
    }
    if (this.#all.size >= registrationsMax) {
      stack.core.count('tooManyRegistrations')
      const nothing = { expiresAtMs: undefined, serviceRoutes: [], peerAddress: undefined }
      const failed = { state: 'failed', status: 503, ...nothing } as const
      stack.core.emit({ type: 'registration', registrationId, ...failed })
      return
    }
    const gone = () => this.#all.delete(registrationId)
    this.#all.set(registrationId, new Registration(stack, command, gone))
  }

  unregister(registrationId: string): void {
    this.#all.get(registrationId)?.unregister()
  }

  disconnected(connectionId: number): void {
    for (const one of this.#all.values()) one.disconnected(connectionId)
  }
}
