import { expect, test } from 'vitest'
import { RateChange } from './rate-change.js'

const sine = (hz: number, rateHz: number, seconds: number) =>
  Int16Array.from({ length: rateHz * seconds }, (_, at) =>
    Math.round(10_000 * Math.sin((2 * Math.PI * hz * at) / rateHz)),
  )

function changed(samples: Int16Array, fromHz: number, toHz: number, pieceSamples: number) {
  const change = new RateChange(fromHz, toHz)
  const output: number[] = []
  for (let at = 0; at < samples.length; at += pieceSamples)
    output.push(...change.push(samples.subarray(at, at + pieceSamples)))
  return [...output, ...change.finish()]
}

test.each([
  [44_100, 16_000],
  [48_000, 16_000],
  [32_000, 16_000],
  [24_000, 16_000],
  [22_050, 16_000],
  [11_025, 8_000],
])('%i Hz become %i Hz, whatever the pieces', (fromHz, toHz) => {
  const output = changed(sine(1_000, fromHz, 1), fromHz, toHz, 777)
  expect(output).toEqual(changed(sine(1_000, fromHz, 1), fromHz, toHz, fromHz))
  expect(Math.abs(output.length - toHz)).toBeLessThanOrEqual(1)
  const expected = sine(1_000, toHz, 1)
  const middle = (from: number, to: number) =>
    Math.max(
      ...output.slice(from, to).map((sample, at) => Math.abs(sample - (expected[from + at] ?? 0))),
    )
  // 60 dB below the tone, and in step with it.
  expect(middle(100, toHz - 100)).toBeLessThan(12)
})

test('what is above half the lower rate is gone', () => {
  const output = changed(sine(11_000, 44_100, 1), 44_100, 16_000, 1_000)
  expect(Math.max(...output.slice(100, -100).map(Math.abs))).toBeLessThan(20)
})
