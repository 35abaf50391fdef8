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
  hex: (byteCount) => randomBytes(byteCount).toString('hex'),
  uint32: () => randomBytes(4).readUInt32LE(),
}
