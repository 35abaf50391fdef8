import { expect, test } from 'vitest'
import { dateRange } from './date-filter.js'
import { Parameters } from './parameters.js'

const boundsOf = (query: string) =>
  dateRange('StartTime', new Parameters(new URLSearchParams(query))).map(
    ({ compare, ms }) => `${compare} ${new Date(ms).toISOString()}`,
  )

test.each([
  ['2019-06-11', '2019-06-11T00:00:00.000Z'],
  ['2019-06-11T22:05:25Z', '2019-06-11T22:05:25.000Z'],
  ['2019-06-11T22:05:25+02:00', '2019-06-11T20:05:25.000Z'],
  ['2019-06-11 22:05:25.000', '2019-06-11T22:05:25.000Z'],
  ['06/11/2019 22:05:25 MST', '2019-06-12T05:05:25.000Z'],
  ['06/11/2019 22:05:25', '2019-06-11T22:05:25.000Z'],
  ['Wed, 19 Jun 2019 22:04:00 -0000', '2019-06-19T22:04:00.000Z'],
])('%s', (text, time) => {
  expect(boundsOf(`StartTime%3E=${encodeURIComponent(text)}`)).toEqual([`>= ${time}`])
})

test.each(['nonsense', '2019-13-01', '06/11/2019 22:05:25 XYZ', '11.6.2019'])(
  '%s is none',
  (text) => {
    expect(() => boundsOf(`StartTime=${encodeURIComponent(text)}`)).toThrow(/must be YYYY-MM-DD/)
  },
)

test('a day is all of it, and a raw URL names its bounds with signs', () => {
  expect(boundsOf('StartTime=2019-06-11')).toEqual([
    '>= 2019-06-11T00:00:00.000Z',
    '< 2019-06-12T00:00:00.000Z',
  ])
  expect(boundsOf('StartTime<=2019-06-11')).toEqual(['< 2019-06-11T00:00:00.000Z'])
})
