import { expect, test } from 'vitest'
import { insertCall, putSnapshot, selectOutbox, updateCall } from './calls.js'

test('a statement that is used again carries its own parameters', () => {
  putSnapshot('CA1', 'a', 1)
  const { sql, parameters } = putSnapshot('CA2', 'b', 2)
  expect(sql.split('?')).toHaveLength(6)
  expect(parameters).toEqual(['CA2', 'b', 2, 'b', 2])
})

test('columns that are left out are not in the statement', () => {
  const one = updateCall('CA1', { status: 'failed' })
  const two = updateCall('CA2', { status: 'busy', end_ms: 5 })
  const again = updateCall('CA3', { status: 'busy' })
  expect(one.sql).toBe('update "calls" set "status" = ? where "sid" = ?')
  expect(two.parameters).toEqual(['busy', 5, 'CA2'])
  expect([again.sql, again.parameters]).toEqual([one.sql, ['busy', 'CA3']])
})

test('a row that is inserted has its values in the order of its columns', () => {
  const row = { sid: 'CA1', from: 'a', to: 'b', start_ms: null } as never
  expect(insertCall(row)).toMatchObject({
    sql: 'insert into "calls" ("sid", "from", "to", "start_ms") values (?, ?, ?, ?)',
    parameters: ['CA1', 'a', 'b', null],
  })
})

test('callbacks are sent in the order in which they were stored, whatever the clock said', () => {
  expect(selectOutbox('CA1', 10).sql).toContain('order by rowid')
})
