import { describe, expect, it } from 'vitest'
import { AllowedNumbers } from './trunks-numbers.js'

const [account, other] = [`AC${'1'.repeat(32)}`, `AC${'2'.repeat(32)}`]

describe('numbers that accounts may call', () => {
  it.each([
    ['+14155550100', true],
    ['911', true],
    ['+882160000', false],
    ['011882160000000000', false],
    ['+4930123456', true],
  ])('without a setting: %s: %s', (number, expected) => {
    // The operator has a gateway for Germany, and one for everything else.
    const numbers = new AllowedNumbers([], 'US', (text) => text.startsWith('+49'))
    expect(numbers.allows(number, account)).toBe(expected)
  })

  it('are those of the setting and no others', () => {
    const numbers = new AllowedNumbers(['+44', `${other}=*`], 'US', () => true)
    expect(numbers.allows('+442079460000', account)).toBe(true)
    expect(numbers.allows('+14155550100', account)).toBe(false)
    expect(numbers.allows('+14155550100', other)).toBe(true)
  })

  it('are refused as a setting when they are none', () => {
    expect(() => new AllowedNumbers(['+4x'], 'US', () => true)).toThrow(/\+4x/)
  })
})
