import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { VirtualClock } from '../base/clock.js'
import { type Gateway, isDialable, prefixLength, serves } from './trunk-gateway.js'
import { orderGateways } from './trunk-order.js'
import { type GatewayTried, TrunkTable } from './trunk-table.js'

const dialler = { accountSid: 'AC1', callSid: 'CA1' }

function gateway(parts: Partial<Gateway> & { sid: string }): Gateway {
  return {
    accountSid: undefined,
    name: parts.sid,
    prefix: '*',
    priority: 0,
    weight: 1,
    uri: `sip:${parts.sid}.example`,
    username: undefined,
    password: undefined,
    strip: 0,
    prepend: '',
    callsMax: undefined,
    callsPerSecondMax: undefined,
    register: false,
    expiresS: 3_600,
    isEnabled: true,
    ...parts,
  }
}

function tableOf(...gateways: Gateway[]) {
  const clock = new VirtualClock(1_000)
  const tried: GatewayTried[] = []
  const table = new TrunkTable({
    clock,
    random: () => 0,
    silenceMsMax: 4_000,
    tried: (facts) => tried.push(facts),
    serviceRoutesOf: (sid) => (sid === 'routed' ? ['<sip:edge;lr>'] : []),
  })
  table.set(gateways)
  const search = () => table.route('+15550100002', dialler)?.trunk
  /** The hosts that are tried when every attempt is given up at once. */
  const all = () => {
    const [hosts, trunk] = [[] as string[], search()]
    for (let attempt = trunk?.next(); attempt; attempt = trunk?.next()) {
      hosts.push(attempt.route.target.replace(/^.*@|\.example$/g, ''))
      attempt.release()
    }
    return hosts
  }
  return { clock, tried, table, search, all }
}

describe('the trunk table', () => {
  it('tries the longest prefix first, then the lowest priority', () => {
    const { all } = tableOf(
      gateway({ sid: 'any' }),
      gateway({ sid: 'late', prefix: '+1', priority: 2 }),
      gateway({ sid: 'early', prefix: '+1', priority: 1 }),
      gateway({ sid: 'near', prefix: '+1555', priority: 9 }),
      gateway({ sid: 'far', prefix: '+49' }),
      gateway({ sid: 'off', prefix: '+15550', isEnabled: false }),
      gateway({ sid: 'theirs', prefix: '+15550', accountSid: 'AC2' }),
    )
    expect(all()).toEqual(['near', 'early', 'late', 'any'])
  })

  it('goes the way that the registrar of a gateway wants', () => {
    const { search } = tableOf(gateway({ sid: 'routed' }), gateway({ sid: 'plain', priority: 9 }))
    const trunk = search()
    expect(trunk?.next()?.route.routes).toEqual(['<sip:edge;lr>'])
    expect(trunk?.next()?.route.routes).toBeUndefined()
  })

  it('strips and prepends, and keeps the password out of the URI', () => {
    const { table } = tableOf(
      gateway({
        ...{ sid: 'GW1', uri: 'sips:gw.example:5080;transport=tcp', strip: 2, prepend: '00' },
        ...{ username: 'me', password: 'secret' },
      }),
    )
    expect(table.route('+15550100002', dialler)).toMatchObject({
      target: 'sips:005550100002@gw.example:5080;transport=tcp',
      credentials: { username: 'me', password: 'secret' },
    })
  })

  it.each(['1@evil.example;x=', '1;transport=tcp', '', '+', 'alice', '1%40evil', '+1\r\nX: y'])(
    'serves nothing for %j, which is no number',
    (text) => expect(tableOf(gateway({ sid: 'a' })).table.route(text, dialler)).toBeUndefined(),
  )

  it('serves no number without a gateway', () => {
    expect(tableOf().table.route('+1', dialler)).toBeUndefined()
    expect(tableOf(gateway({ sid: 'a', prefix: '+49' })).table.route('+1', dialler)).toBeUndefined()
  })

  it('leaves the dead for last, for a while that grows, and forgives a success', async () => {
    const { clock, table, all } = tableOf(
      gateway({ sid: 'a', prefix: '+1' }),
      gateway({ sid: 'b' }),
    )
    const fail = () => table.probed('a', false)
    fail()
    expect(all()).toEqual(['b', 'a'])
    // Calls that fail together are one failure.
    fail()
    await clock.advance(5_000)
    expect(all()).toEqual(['a', 'b'])
    fail()
    await clock.advance(9_999)
    expect(all()).toEqual(['b', 'a'])
    await clock.advance(1)
    expect(all()).toEqual(['a', 'b'])
    fail()
    expect(table.stateOf('a')).toEqual({ isDead: true, calls: 0 })
    table.probed('a', true)
    expect(all()).toEqual(['a', 'b'])
    fail()
    await clock.advance(5_000)
    expect(table.stateOf('a')?.isDead).toBe(false)
  })

  it.each([
    [{ type: 'refused', status: 503, isLocal: false }, true],
    [{ type: 'refused', status: 408, isLocal: true }, true],
    [{ type: 'silent' }, true],
    [{ type: 'refused', status: 500, isLocal: false }, false],
    [{ type: 'refused', status: 486, isLocal: false }, false],
    [{ type: 'answered' }, false],
    [{ type: 'canceled' }, false],
  ] as const)('after %j it is dead: %s', (outcome, isDead) => {
    const { table, search } = tableOf(gateway({ sid: 'a' }))
    search()?.next()?.report(outcome)
    expect(table.stateOf('a')?.isDead).toBe(isDead)
  })

  it('passes over who has no place, until a call ends; ends twice count once', () => {
    const { table, search, tried } = tableOf(gateway({ sid: 'a', callsMax: 2 }))
    const [first, second] = [search()?.next(), search()?.next()]
    expect(search()?.next()).toBeUndefined()
    expect(tried).toMatchObject([{ gatewaySid: 'a', outcome: 'full', callSid: 'CA1' }])
    first?.release()
    first?.release()
    expect(table.stateOf('a')?.calls).toBe(1)
    expect(search()?.next()).toBeDefined()
    expect(search()?.next()).toBeUndefined()
    second?.release()
  })

  it('begins no more calls in a second than a gateway takes', async () => {
    const { clock, search } = tableOf(gateway({ sid: 'a', callsPerSecondMax: 2 }))
    const begun = () => [1, 2, 3].filter(() => search()?.next() !== undefined).length
    expect(begun()).toBe(2)
    await clock.advance(500)
    expect(begun()).toBe(1)
    await clock.advance(10_000)
    expect(begun()).toBe(2)
  })

  it('keeps what it knows of gateways that stay when others change', () => {
    const { table, search } = tableOf(gateway({ sid: 'a' }))
    const attempt = search()?.next()
    table.probed('a', false)
    table.set([gateway({ sid: 'a', weight: 5 }), gateway({ sid: 'b' })])
    expect(table.stateOf('a')).toEqual({ isDead: true, calls: 1 })
    table.set([])
    // Its call ends after it was removed.
    attempt?.release()
    expect(table.stateOf('a')).toBeUndefined()
  })
})

const anyGateway = fc
  .record({
    sid: fc.uuid(),
    accountSid: fc.constantFrom(undefined, 'AC1', 'AC2'),
    prefix: fc.constantFrom('*', '+', '+1', '+15', '+4', '1'),
    priority: fc.nat(2),
    weight: fc.nat(3),
    isEnabled: fc.boolean(),
  })
  .map(gateway)
const gateways = fc.uniqueArray(anyGateway, { selector: ({ sid }) => sid, maxLength: 12 })
const draw = fc.infiniteStream(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }))

describe('the order of gateways', () => {
  it('is one of those that serve the number, each once, by health, prefix and priority', () => {
    fc.assert(
      fc.property(gateways, fc.func(fc.boolean()), draw, (all, dead, random) => {
        const isDead = ({ sid }: Gateway) => dead(sid)
        const next = () => random.next().value as number
        const ordered = orderGateways(all, '+15550100', 'AC1', isDead, next)
        const served = all.filter((one) => serves(one, '+15550100', 'AC1'))
        expect(new Set(ordered)).toEqual(new Set(served))
        expect(ordered).toHaveLength(served.length)
        const key = (one: Gateway) =>
          Number(isDead(one)) * 1e6 - prefixLength(one) * 1e3 + one.priority
        const keys = ordered.map(key)
        expect(keys).toEqual([...keys].sort((a, b) => a - b))
      }),
    )
  })

  it('gives each the share that its weight asks for', () => {
    const all = [1, 3, 0].map((weight, index) => gateway({ sid: `gw${index}`, weight }))
    const drawn = Array.from({ length: 4_000 }, (_, index) => {
      const values = [(index + 0.5) / 4_000, 0.5, 0.5]
      const [first] = orderGateways(
        all,
        '+1',
        'AC1',
        () => false,
        () => values.shift() ?? 0,
      )
      return first?.sid
    })
    const count = (sid: string) => drawn.filter((one) => one === sid).length
    expect([count('gw0'), count('gw1'), count('gw2')]).toEqual([1_000, 3_000, 0])
  })

  it('never makes a Request-URI for another host', () => {
    const { table } = tableOf(gateway({ sid: 'a', strip: 1, prepend: '+9' }))
    fc.assert(
      fc.property(fc.string(), (text) => {
        const route = table.route(text, dialler)
        if (!isDialable(text)) expect(route).toBeUndefined()
        else expect(route?.target).toMatch(/^sip:\+9\d*@a\.example$/)
      }),
    )
  })
})
