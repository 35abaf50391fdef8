import { expect, test } from 'vitest'
import { AddressPolicy } from './address-policy.js'

const local = new AddressPolicy(['127.0.0.0/8', '::1/128'], [{ address: '127.0.0.1', port: 8080 }])
const open = new AddressPolicy([], [{ address: '0.0.0.0', port: 8080 }])

test.each([
  ['127.0.0.1', 3000, true],
  ['127.0.0.1', 8080, false],
  ['::ffff:127.0.0.1', 8080, false],
  ['::127.0.0.1', 8080, false],
  ['::7f00:1', 8080, false],
  ['::1', 3000, true],
  ['10.0.0.1', 3000, false],
  ['169.254.169.254', 80, false],
  ['::ffff:169.254.169.254', 80, false],
  ['::a9fe:a9fe', 80, false],
  ['fe80::1', 80, false],
  ['0.0.0.0', 3000, false],
  ['::', 3000, false],
  ['64:ff9b::7f00:1', 3000, false],
  ['2002:7f00:1::', 3000, false],
  ['8.8.8.8', 80, true],
  ['2606:4700::1111', 443, true],
  ['localhost', 80, false],
] as const)('from loopback %s port %i may be reached: %s', (address, port, allowed) => {
  expect(local.allows(address, port)).toBe(allowed)
})

test.each(['127.0.0.1', '::7f00:1', '::ffff:10.0.0.1', '::a00:1', '224.0.0.1', '255.255.255.255'])(
  'without an allowed list %s is refused',
  (address) => expect(open.allows(address, 80)).toBe(false),
)
