import { type Gateway, prefixLength, serves } from './trunk-gateway.js'

/**
 * The gateways of a number, best first: the longest prefix, then the lowest priority, then by weight.
 * Those that are dead come last: one of them may be alive again, and else nobody would be asked.
 * `random` gives numbers from 0 to below 1.
 */
export function orderGateways(
  gateways: readonly Gateway[],
  phoneNumber: string,
  accountSid: string,
  isDead: (gateway: Gateway) => boolean,
  random: () => number,
): Gateway[] {
  const ranks = new Map<string, Gateway[]>()
  for (const gateway of gateways) {
    if (!serves(gateway, phoneNumber, accountSid)) continue
    const rank = `${isDead(gateway)} ${prefixLength(gateway)} ${gateway.priority}`
    const equals = ranks.get(rank)
    if (equals) equals.push(gateway)
    else ranks.set(rank, [gateway])
  }
  return [...ranks.entries()]
    .map(([rank, equals]) => ({ isLast: rank.startsWith('true'), equals }))
    .sort((a, b) => {
      const [left, right] = [a.equals[0] as Gateway, b.equals[0] as Gateway]
      const byHealth = Number(a.isLast) - Number(b.isLast)
      const byPrefix = prefixLength(right) - prefixLength(left)
      return byHealth || byPrefix || left.priority - right.priority
    })
    .flatMap(({ equals }) => byWeight(equals, random))
}

/** Drawn one after another (as RFC 2782 does): each has the chance that its weight gives it. */
function byWeight(gateways: readonly Gateway[], random: () => number): Gateway[] {
  const left = [...gateways]
  const ordered: Gateway[] = []
  while (left.length > 0) {
    const total = left.reduce((sum, { weight }) => sum + weight, 0)
    let drawn = random() * total
    // Without weights all have the same chance.
    const chosen =
      total === 0
        ? Math.floor(random() * left.length)
        : left.findIndex(({ weight }) => {
            drawn -= weight
            return drawn < 0
          })
    ordered.push(...left.splice(Math.max(0, chosen), 1))
  }
  return ordered
}
