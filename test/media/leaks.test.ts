/** Nothing stays behind when a plane is closed: no sockets, no threads. */
import { existsSync, readdirSync, readlinkSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { createNativePlane } from '../../src/media/native/native-plane.js'
import type { CreateMediaPlane } from '../../src/media/port.js'
import { createWasmPlane } from '../../src/media/wasm/wasm-plane.js'

function sockets(): number {
  return readdirSync('/proc/self/fd').filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`).startsWith('socket:')
    } catch {
      return false // the descriptor of the listing itself
    }
  }).length
}

function threads(): number {
  return readdirSync('/proc/self/task').length
}

const creators: [string, CreateMediaPlane, number][] = [
  ['native', createNativePlane, 31_800],
  ['wasm', createWasmPlane, 31_900],
]

describe.skipIf(!existsSync('/proc/self/task'))('after close', () => {
  it.each(creators)('%s leaves no socket and no thread', async (_, create, portMin) => {
    const config = { portMin, portMax: portMin + 99, threads: 2, endpointsMax: 16 }
    const once = async () => {
      const plane = await create(config, () => {})
      for (let i = 0; i < 10; i++) await plane.open({ bindAddress: '127.0.0.1' })
      await plane.close()
    }
    await once() // starts what Node itself keeps, such as its pool of threads
    const before = [sockets(), threads()]
    for (let i = 0; i < 3; i++) await once()
    expect([sockets(), threads()]).toEqual(before)
  })
})
