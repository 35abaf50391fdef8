import { describe, expect, it } from 'vitest'
import { advertisedHost, familiesOf, hostTowards } from './own-addresses.js'

const both = { hosts: ['192.0.2.1', '2001:db8::1', '192.0.2.2'], publicHost: undefined }

describe('the address that a peer is told', () => {
  it('is the first of its family, or the one that it has come to', () => {
    expect(advertisedHost(both, '198.51.100.1')).toBe('192.0.2.1')
    expect(advertisedHost(both, '2001:db8::9')).toBe('2001:db8::1')
    expect(advertisedHost(both, '198.51.100.1', '192.0.2.2')).toBe('192.0.2.2')
    expect(advertisedHost({ ...both, hosts: ['0.0.0.0'] }, '127.0.0.1', '0.0.0.0')).toBe(
      '127.0.0.1',
    )
  })

  it('is the public host, unless that is of the other family', () => {
    const named = { ...both, publicHost: 'pbx.example' }
    expect(advertisedHost(named, '2001:db8::9')).toBe('pbx.example')
    const literal = { ...both, publicHost: '203.0.113.1' }
    expect(advertisedHost(literal, '198.51.100.1', '192.0.2.2')).toBe('203.0.113.1')
    expect(advertisedHost(literal, '2001:db8::9')).toBe('2001:db8::1')
    expect(advertisedHost(literal, '')).toBe('203.0.113.1')
  })
})

describe('hosts', () => {
  it('have families', () => {
    expect(familiesOf(both.hosts)).toEqual([4, 6])
    expect(familiesOf(['127.0.0.1'])).toEqual([4])
    expect(familiesOf(['::1'])).toEqual([6])
    expect(familiesOf(['::'])).toEqual([4, 6])
    expect(hostTowards(['::1'], '127.0.0.1')).toBe('::1')
  })
})
