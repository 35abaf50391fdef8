import { describe, expect, it } from 'vitest'
import { numberOf, type OptionedCall } from './webhook-options.js'

function call(change: Partial<OptionedCall>): OptionedCall {
  return {
    ...{ accountSid: 'AC1', direction: 'inbound', from: '+1555', to: '+1777' },
    parentCallSid: undefined,
    ...change,
  }
}

describe('the number whose options hold', () => {
  it.each([
    ['inbound', '+1777'],
    ['trunking-originating', '+1777'],
    ['outbound-api', '+1555'],
    ['trunking-terminating', '+1555'],
  ] as const)('of an %s call', (direction, number) => {
    expect(numberOf(call({ direction }), () => undefined)).toBe(number)
  })

  it('of a call that another has made is the number of that one', () => {
    const calls = new Map([
      ['CA1', call({})],
      ['CA2', call({ direction: 'outbound-dial', to: '+1888', parentCallSid: 'CA1' })],
    ])
    const third = call({ direction: 'outbound-dial', to: '+1999', parentCallSid: 'CA2' })
    expect(numberOf(third, (sid) => calls.get(sid))).toBe('+1777')
    expect(numberOf(third, () => undefined)).toBe('+1555')
  })

  it('is found though calls name each other', () => {
    const own = call({ direction: 'outbound-dial', parentCallSid: 'CA1' })
    expect(numberOf(own, () => own)).toBe('+1555')
  })
})
