import { createSocket } from 'node:dgram'

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

/** Whether a program has the UDP port by now. */
export function isTaken(port: number, address = '127.0.0.1'): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createSocket('udp4')
    socket.once('error', () => resolve(true))
    socket.bind(port, address, () => socket.close(() => resolve(false)))
  })
}
