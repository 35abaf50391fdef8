import { setTimeout as delay } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { createLogStream } from './log-stream.js'

test('lines leave together and soon, and at once when asked for', async () => {
  const written: string[] = []
  const stream = createLogStream((text) => written.push(text))
  stream.write('a\n')
  stream.write('b\n')
  expect(written).toEqual([])
  await delay(60)
  expect(written).toEqual(['a\nb\n'])
  stream.write('c\n')
  stream.flush()
  expect(written).toEqual(['a\nb\n', 'c\n'])
  await delay(60)
  expect(written).toHaveLength(2)
})
