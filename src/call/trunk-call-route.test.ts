import { describe, expect, it } from 'vitest'
import type { FoundRoute, Route, TrunkAttempt } from './ports.js'
import { checkedRoute } from './trunk-call-route.js'

const dialler = { accountSid: 'AC1', callSid: 'CA1' }
const wayTo = (nextHop: string): Route => ({
  ...{ target: 'sip:x', nextHop, credentials: undefined },
  mayReach: (address) => nextHop.includes(address),
})

/** Attempts at these targets, with what was told of them. */
function searchOf(targets: readonly string[]) {
  const told: string[] = []
  const left = [...targets]
  const next = (): TrunkAttempt | undefined => {
    const target = left.shift()
    if (target === undefined) return undefined
    return {
      route: { target, nextHop: undefined, credentials: undefined },
      heard: () => {},
      report: (outcome) => told.push(`${target} ${outcome.type}`),
      release: () => told.push(`${target} released`),
    }
  }
  const route: Route = { target: targets[0] ?? '', nextHop: undefined, credentials: undefined }
  return { told, way: { route: { ...route, trunk: { silenceMsMax: 1, next } }, targets } }
}

describe('the way to a PBX', () => {
  it('leads only where the policy allows, and not to phones', async () => {
    const found = new Map<string, FoundRoute>([
      ['sip:1@denied', undefined],
      ['sip:1@phone', 'notRegistered'],
      ['sip:1@device', { ...wayTo(''), nextHop: undefined }],
      ['sip:1@open', wayTo('sip:192.0.2.7')],
    ])
    const targets = [...found.keys()]
    const { told, way } = searchOf(targets)
    const route = await checkedRoute(way, { sipUri: async (uri) => found.get(uri) }, dialler)
    expect(route.trunk?.next()?.route).toMatchObject({
      ...{ target: 'sip:1@open', nextHop: 'sip:192.0.2.7' },
    })
    const passedOver = targets.slice(0, 3)
    expect(told).toEqual(passedOver.flatMap((one) => [`${one} refused`, `${one} released`]))
    expect(route.trunk?.next()).toBeUndefined()
    expect(route.mayReach?.('192.0.2.7')).toBe(true)
    expect(route.mayReach?.('192.0.2.8')).toBe(false)
  })
})
