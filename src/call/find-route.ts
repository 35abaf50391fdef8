import type { FoundRoute, Routes } from './ports.js'

/** Where a call to this address goes: `client:name`, a SIP URI, or a number. */
export async function findRoute(routes: Routes, address: string): Promise<FoundRoute> {
  const device = /^client:(.+)$/s.exec(address)?.[1]
  if (device !== undefined) return routes.device(device)
  return /^sips?:/i.test(address) ? routes.sipUri(address) : routes.number(address)
}
