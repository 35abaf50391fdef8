import { expect, test } from 'vitest'
import { pageOf } from './paging.js'
import { Parameters } from './parameters.js'

const row = (digit: string, created_ms: number) => ({ sid: `CA${digit.repeat(32)}`, created_ms })
/** Two of one millisecond, in the order of their coming. */
const rows = [row('1', 30), row('2', 20), row('3', 20), row('4', 10)]

const get = (all: typeof rows, token?: string, page = 1) => {
  const query = token === undefined ? {} : { Page: String(page), PageToken: token }
  return pageOf(all, new Parameters(new URLSearchParams({ PageSize: '2', ...query })))
}

test('rows of one millisecond keep their order, over the pages, there and back', () => {
  const first = get(rows)
  expect(first.rows).toEqual(rows.slice(0, 2))
  const second = get(rows, first.next)
  expect(second.rows).toEqual(rows.slice(2))
  expect(second.next).toBeUndefined()
  expect(get(rows, second.previous, 0).rows).toEqual(rows.slice(0, 2))
})

test('when the row where a page begins has gone, none is left out', () => {
  const { next } = get(rows)
  expect(get([rows[0], rows[2], rows[3]] as typeof rows, next).rows).toEqual(rows.slice(2))
})
