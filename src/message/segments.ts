/** 3GPP TS 23.038 §6.2.1: what one septet holds, and what takes two. */
const basic = new Set(
  '@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&\'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà',
)
const extended = new Set('\f^{}\\[~]|€')

/** One part alone, and parts with the header that joins them (TS 23.040 §9.2.3.24.1). */
const septets = { alone: 160, joined: 153 }
const units = { alone: 70, joined: 67 }

/** How many parts a text has when it is sent: in the GSM alphabet where it can be, else in UCS-2. */
export function countSegments(body: string): number {
  if (body === '') return 0
  const costs = [...body].map((one) => (basic.has(one) ? 1 : extended.has(one) ? 2 : undefined))
  const isGsm = costs.every((cost) => cost !== undefined)
  // A character of two units, or septets, is not parted.
  return isGsm
    ? partsOf(costs.map(Number), septets)
    : partsOf(
        [...body].map((one) => one.length),
        units,
      )
}

function partsOf(costs: readonly number[], limit: typeof septets): number {
  const all = costs.reduce((sum, cost) => sum + cost, 0)
  if (all <= limit.alone) return 1
  let parts = 1
  let used = 0
  for (const cost of costs) {
    if (used + cost > limit.joined) {
      parts++
      used = 0
    }
    used += cost
  }
  return parts
}
