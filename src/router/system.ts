import { randomBytes } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type { Clock } from '../base/clock.js'
import type { Ids } from '../base/ids.js'

const delayMsMax = 2 ** 31 - 1

/** The clock of the machine. */
export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  async sleep(delayMs, signal) {
    signal?.throwIfAborted()
    let leftMs = delayMs
    do {
      const stepMs = Math.min(leftMs, delayMsMax)
      leftMs -= stepMs
      await delay(stepMs, undefined, signal ? { signal } : {}).catch((error) => {
        throw signal?.aborted ? signal.reason : error
      })
    } while (leftMs > 0)
  },
}

/** Random numbers of the machine, fit for secrets. */
export const systemIds: Ids = {
  hex: (byteCount) => take(byteCount).toString('hex'),
  uint32: () => take(4).readUInt32LE(),
}

const poolBytes = 4_096
let pool = Buffer.alloc(0)

/** Asking the system costs as much for many bytes as for few. None is given out twice. */
function take(byteCount: number): Buffer {
  if (byteCount > poolBytes) return randomBytes(byteCount)
  if (pool.length < byteCount) pool = randomBytes(poolBytes)
  const taken = pool.subarray(0, byteCount)
  pool = pool.subarray(byteCount)
  return taken
}
