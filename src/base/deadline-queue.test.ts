import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DeadlineQueue } from './deadline-queue.js'

describe('DeadlineQueue', () => {
  it('returns keys in the order of their latest deadlines', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 0, max: 40 }), fc.integer({ min: 0, max: 1000 }))),
        (changes) => {
          const queue = new DeadlineQueue<number>()
          const expected = new Map<number, number>()
          for (const [key, deadlineMs] of changes) {
            const cleared = deadlineMs % 7 === 0
            queue.set(key, cleared ? Number.POSITIVE_INFINITY : deadlineMs)
            if (cleared) expected.delete(key)
            else expected.set(key, deadlineMs)
          }
          const taken: number[] = []
          for (;;) {
            const key = queue.takeDue(1000)
            if (key === undefined) break
            taken.push(expected.get(key) as number)
            expected.delete(key)
          }
          expect(expected.size).toBe(0)
          expect(taken).toEqual([...taken].sort((a, b) => a - b))
        },
      ),
    )
  })

  it('keeps nothing due before its time', () => {
    const queue = new DeadlineQueue<string>()
    queue.set('a', 100)
    expect(queue.takeDue(99)).toBeUndefined()
    expect(queue.deadlineMs).toBe(100)
    queue.delete('a')
    expect(queue.deadlineMs).toBe(Number.POSITIVE_INFINITY)
  })
})
