import { afterEach, describe, expect, it } from 'vitest'
import { AudioFileError } from './audio-file.js'
import { JobPool, type JobPoolOptions, PoolBusyError } from './job-pool.js'

const options = { threads: 1, waitingMax: 2, waitingBytesMax: 100_000 }
const second = { bytes: 8_000, timeLimitMs: 20_000 }
const pools: JobPool[] = []
afterEach(() => Promise.all(pools.splice(0).map((pool) => pool.close())))

function made(change: Partial<JobPoolOptions> = {}): JobPool {
  const pool = new JobPool({ ...options, ...change })
  pools.push(pool)
  return pool
}

/** So many seconds of bare mu-law. */
const job = (seconds = 1) => ({
  type: 'decode' as const,
  bytes: new Uint8Array(8_000 * seconds),
  contentType: 'audio/basic',
})

describe('JobPool', () => {
  it('starts nothing before the first job, and keeps the thread for the next', async () => {
    const pool = made()
    expect(pool.sizes).toEqual({ threads: 0, waiting: 0 })
    expect((await pool.run(job(), second)).samples).toHaveLength(8_000)
    await pool.run(job(), second)
    expect(pool.sizes).toEqual({ threads: 1, waiting: 0 })
  })

  it('refuses more jobs, or bytes, than may wait', async () => {
    const pool = made()
    const taken = [1, 2, 3].map(() => pool.run(job(), second))
    await expect(pool.run(job(), second)).rejects.toBeInstanceOf(PoolBusyError)
    expect(await Promise.all(taken)).toHaveLength(3)
    const first = pool.run(job(), { ...second, bytes: 1_000_000 })
    await expect(pool.run(job(), { ...second, bytes: 100_001 })).rejects.toMatchObject({
      errorCode: 13420,
    })
    await first
  })

  it('gives up a job that waits, and one that runs', async () => {
    const pool = made()
    const abort = new AbortController()
    const running = pool.run(job(2_000), { ...second, signal: abort.signal })
    const waiting = pool.run(job(), { ...second, signal: abort.signal })
    const other = pool.run(job(), second)
    abort.abort(new Error('nobody listens'))
    await expect(running).rejects.toThrow('nobody listens')
    await expect(waiting).rejects.toThrow('nobody listens')
    expect((await other).samples).toHaveLength(8_000)
    const aborted = pool.run(job(), { ...second, signal: abort.signal })
    await expect(aborted).rejects.toThrow('nobody listens')
  })

  it('ends a job that takes too long, and goes on with another thread', async () => {
    const pool = made()
    await expect(pool.run(job(2_000), { ...second, timeLimitMs: 1 })).rejects.toThrow('within')
    expect((await pool.run(job(), second)).samples).toHaveLength(8_000)
  })

  it('survives a thread that runs out of memory: only its file fails', async () => {
    // Too small a heap for a thread to begin with.
    const pool = made({ heapMegabytes: 1 })
    for (const _ of [1, 2]) {
      const failure = await pool.run(job(), second).catch((error) => error)
      expect(failure).toBeInstanceOf(AudioFileError)
      expect(failure.cause).toMatchObject({ code: 'ERR_WORKER_OUT_OF_MEMORY' })
    }
  })

  it('stops what runs and waits when it is closed', async () => {
    const pool = made()
    const jobs = [pool.run(job(2_000), second), pool.run(job(), second)]
    const settled = Promise.allSettled(jobs)
    await pool.close()
    expect((await settled).map(({ status }) => status)).toEqual(['rejected', 'rejected'])
    expect(pool.sizes).toEqual({ threads: 0, waiting: 0 })
    await expect(pool.run(job(), second)).rejects.toThrow('stopping')
  })
})
