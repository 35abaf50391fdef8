import type { FoundRoute, Routes } from './ports.js'
import type { Dialler } from './trunk-table.js'

/** Where a call to this address goes: `client:name`, a SIP URI, or a number. */
export async function findRoute(
  routes: Routes,
  address: string,
  dialler: Dialler,
): Promise<FoundRoute> {
  const device = /^client:(.+)$/s.exec(address)?.[1]
  if (device !== undefined) return routes.device(device)
  if (/^sips?:/i.test(address)) return routes.sipUri(address, dialler)
  return routes.number(address, dialler)
}
