import { expect, test } from 'vitest'
import { VirtualClock } from '../base/clock.js'
import type { SocketTarget } from '../net/sip-flow.js'
import { parseTrunks } from './trunks.js'
import { TrunkAddresses } from './trunks-addresses.js'

function world() {
  const clock = new VirtualClock()
  const names = new Map<string, readonly string[]>()
  const asked: string[] = []
  const addresses = new TrunkAddresses(
    {
      async resolve(host): Promise<readonly SocketTarget[]> {
        asked.push(host)
        const found = names.get(host) ?? []
        return found.map((address) => ({ transport: 'udp', address, port: 5060 }))
      },
    },
    clock,
  )
  return { clock, names, asked, addresses }
}

test('literal addresses of gateways count at once, those of others never', () => {
  const { addresses } = world()
  addresses.set(parseTrunks('+1=sip:192.0.2.1,+2=sip:[2001:db8::1]:5080'))
  expect(
    ['192.0.2.1', '::ffff:192.0.2.1', '2001:db8::1', '192.0.2.2'].map((one) => addresses.has(one)),
  ).toEqual([true, true, true, false])
  addresses.set(parseTrunks([{ uri: 'sip:192.0.2.1', enabled: false }]))
  expect(addresses.has('192.0.2.1')).toBe(false)
})

test('names are asked for each minute; what was found stays while nothing is', async () => {
  const { clock, names, asked, addresses } = world()
  names.set('gw.example', ['192.0.2.7'])
  addresses.set(parseTrunks('+1=sip:gw.example'))
  await clock.advance(0)
  expect(addresses.has('192.0.2.7')).toBe(true)
  names.delete('gw.example')
  await clock.advance(60_000)
  expect(addresses.has('192.0.2.7')).toBe(true)
  names.set('gw.example', ['192.0.2.8'])
  await clock.advance(60_000)
  expect(['192.0.2.7', '192.0.2.8'].map((one) => addresses.has(one))).toEqual([false, true])
  expect(asked).toHaveLength(3)
  addresses.set([])
  await clock.advance(120_000)
  expect(asked).toHaveLength(3)
  expect(addresses.has('192.0.2.8')).toBe(false)
  expect(clock.sleeping).toBe(0)
})
