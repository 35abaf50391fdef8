import { setTimeout as delay } from 'node:timers/promises'

/** Looks until `look` finds something. Throws when nothing was found in time. */
export async function eventually<Found>(
  what: string,
  look: () => Promise<Found | undefined> | Found | undefined,
  secondsMax = 20,
): Promise<Found> {
  const deadlineMs = performance.now() + secondsMax * 1000
  for (;;) {
    const found = await look()
    if (found !== undefined) return found
    if (performance.now() > deadlineMs)
      throw new Error(`waited ${secondsMax} s in vain for ${what}`)
    await delay(25)
  }
}
