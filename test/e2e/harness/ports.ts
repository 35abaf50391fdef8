import { createSocket } from 'node:dgram'
import { existsSync, readFileSync } from 'node:fs'

/** A UDP port that is free now, for programs that cannot take any. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = createSocket('udp4')
    socket.once('error', reject)
    socket.bind(0, '127.0.0.1', () => {
      const { port } = socket.address()
      socket.close(() => resolve(port))
    })
  })
}

/**
 * Whether a program has the port by now. Looks it up and does not try to take it: the program would fail that
 * takes it at the same moment. Where nothing can be looked up (there is no /proc) the answer is yes.
 */
export function isTaken(
  port: number,
  address = '127.0.0.1',
  transport: 'udp' | 'tcp' = 'udp',
): boolean {
  const table = `/proc/net/${transport}`
  if (!existsSync(table)) return true
  const bytes = address.split('.').map(Number)
  const hex = Buffer.from(bytes.reverse()).toString('hex')
  const place = port.toString(16).padStart(4, '0')
  const sockets = readFileSync(table, 'latin1').toLowerCase()
  return [hex, '00000000'].some((local) => sockets.includes(`: ${local}:${place} `))
}
