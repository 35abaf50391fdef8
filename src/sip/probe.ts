import type { OutsideCommand } from './outside-events.js'
import { sendOutside } from './outside-request.js'
import { abilityFields, acceptField, contactTo } from './respond.js'
import type { Stack } from './stack.js'

/** Asks a server whether it is there (RFC 3261 §11.1). */
export function probe(stack: Stack, command: OutsideCommand & { type: 'probe' }): void {
  const { core } = stack
  const { probeId, target, routes = [], credentials } = command
  const parts = {
    method: 'OPTIONS',
    target,
    routes,
    credentials,
    contact: (destination: Parameters<typeof contactTo>[1]) => contactTo(core, destination),
    headers: [...abilityFields(core), acceptField],
  }
  sendOutside(stack, parts, ({ status, local }) => {
    core.emit({ type: 'probed', probeId, status, local })
  })
}
