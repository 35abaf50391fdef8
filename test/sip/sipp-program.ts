import { spawnSync } from 'node:child_process'
import { createSocket } from 'node:dgram'

const { stdout, stderr } = spawnSync('sipp', ['-v'], { encoding: 'utf8' })

export const sippIsInstalled = /SIPp/i.test(`${stdout}${stderr}`)

/** A UDP port of 127.0.0.1 that nobody has just now. */
export function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const socket = createSocket('udp4')
    socket.bind(0, '127.0.0.1', () => {
      const { port } = socket.address()
      socket.close(() => resolve(port))
    })
  })
}
