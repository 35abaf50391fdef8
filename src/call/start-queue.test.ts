import { expect, test } from 'vitest'
import { VirtualClock } from '../base/clock.js'
import { StartQueue } from './start-queue.js'

function world(perSecondMax: number | undefined, queuedMax = 10) {
  const clock = new VirtualClock(5_000)
  const queue = new StartQueue(perSecondMax, queuedMax, clock)
  const begun: string[] = []
  const join = (name: string, account = 'AC1') => {
    const over = new AbortController()
    const turn = queue.join(account)
    const note = (what: string) => begun.push(`${name} ${what}${clock.nowMs() - 5_000}`)
    turn?.wait(over.signal).then(
      () => note(''),
      () => note('left '),
    )
    return { turn, leave: () => over.abort() }
  }
  return { clock, queue, begun, join }
}

test('without a rate everybody begins at once', async () => {
  const { clock, begun, join } = world(undefined, 0)
  for (const name of ['a', 'b', 'c']) expect(join(name).turn?.isNow).toBe(true)
  await clock.advance(0)
  expect(begun).toEqual(['a 0', 'b 0', 'c 0'])
})

test('others wait their turn, in order, each account on its own', async () => {
  const { clock, queue, begun, join } = world(2)
  for (const name of ['a', 'b', 'c']) join(name)
  join('x', 'AC2')
  expect(queue.size).toBe(2)
  await clock.advance(5_000)
  expect(begun).toEqual(['a 0', 'x 0', 'b 500', 'c 1000'])
  expect([queue.size, clock.sleeping]).toEqual([0, 0])
  expect(join('d').turn?.isNow).toBe(true)
})

test('who leaves gives the turn to the next, and nothing waits for nobody', async () => {
  const { clock, begun, join } = world(1)
  join('a')
  const second = join('b')
  join('c')
  second.leave()
  await clock.advance(1_000)
  expect(begun).toEqual(['a 0', 'b left 0', 'c 1000'])
  const last = join('d')
  expect(clock.sleeping).toBe(1)
  last.leave()
  await clock.advance(0)
  expect(clock.sleeping).toBe(0)
  join('e')
  await clock.advance(5_000)
  expect(begun.slice(3)).toEqual(['d left 1000', 'e 2000'])
})

test('too many do not wait', () => {
  const { join } = world(1, 2)
  const turns = ['a', 'b', 'c', 'd'].map((name) => join(name).turn)
  expect(turns.map((turn) => turn?.isNow)).toEqual([true, false, false, undefined])
})
