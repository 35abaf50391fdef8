import { expect, test } from 'vitest'
import { countSegments } from './segments.js'

test.each([
  ['', 0],
  ['hello', 1],
  ['a'.repeat(160), 1],
  ['a'.repeat(161), 2],
  ['a'.repeat(306), 2],
  ['a'.repeat(307), 3],
  // Two septets each.
  ['€'.repeat(80), 1],
  ['€'.repeat(81), 2],
  // 152 septets in the first part, as the sign is not parted.
  [`${'a'.repeat(152)}€${'a'.repeat(153)}`, 3],
  ['ż'.repeat(70), 1],
  ['ż'.repeat(71), 2],
  ['👍'.repeat(35), 1],
  ['👍'.repeat(36), 2],
])('%s has %i parts', (body, parts) => {
  expect(countSegments(body)).toBe(parts)
})
