import { describe, expect, it } from 'vitest'
import type { Invited } from '../sip/leg-events.js'
import { callerOf } from './caller.js'
import { identityOf } from './identity.js'

function invited(from: string, headers: Record<string, string>, trust = 'address'): Invited {
  const fields = Object.entries(headers).map(([name, value]) => ({ name, value }))
  const facts: Partial<Invited> = { from: { uri: from, displayName: 'Shown' }, headers: fields }
  return { ...facts, trust } as Invited
}

const number = '+15550100009'
const asserted = { 'P-Asserted-Identity': `"Real" <sip:${number}@carrier;user=phone>` }

describe('who calls', () => {
  it.each([
    [`sip:${number}@peer`, {}, number, 'Shown'],
    ['sip:alice@peer;x=1', {}, 'sip:alice@peer', 'Shown'],
    // RFC 3325: what a trusted peer asserts comes before what the caller says.
    ['sip:other@peer', asserted, number, 'Real'],
    ['sip:anonymous@anonymous.invalid', asserted, number, 'Real'],
    // RFC 3325 §7, RFC 3323 §4.2: privacy is for applications, too.
    ['sip:other@peer', { ...asserted, Privacy: 'id;critical' }, 'anonymous', undefined],
    ['sip:other@peer', { Privacy: 'user' }, 'anonymous', undefined],
    ['sip:other@peer', { Privacy: 'none' }, 'sip:other@peer', 'Shown'],
    ['sip:anonymous@anonymous.invalid', {}, 'anonymous', undefined],
    ['sip:anonymous@carrier.example.com', {}, 'anonymous', undefined],
  ])('%s with %j is %s', (from, headers, expected, callerName) => {
    expect(callerOf(invited(from, headers))).toEqual({ from: expected, callerName })
  })

  it('is not what a stranger asserts', () => {
    const { from } = callerOf(invited('sip:alice@peer', asserted, 'digest'))
    expect(from).toBe('sip:alice@peer')
  })
})

describe('how we name a caller', () => {
  it.each([
    [number, `sip:${number}@host`],
    ['client:bob smith', 'sip:bob%20smith@host'],
    ['sip:alice@peer', 'sip:alice@peer'],
  ])('%s as %s', (address, uri) => {
    expect(identityOf(address, 'host')).toEqual({ from: { uri }, headers: [] })
  })

  it('not at all when it wants that (RFC 3323 §4.1.1.3)', () => {
    expect(identityOf('anonymous', 'host')).toEqual({
      from: { displayName: 'Anonymous', uri: 'sip:anonymous@anonymous.invalid' },
      headers: [{ name: 'Privacy', value: 'id' }],
    })
  })
})
