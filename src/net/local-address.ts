import { createSocket } from 'node:dgram'
import { isIPv6 } from 'node:net'

/** Our address on the route to a peer (an IP literal). No packet is sent. */
export function localAddressTo(remoteAddress: string, remotePort = 5060): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = createSocket(isIPv6(remoteAddress) ? 'udp6' : 'udp4')
    socket.once('error', (error) => {
      socket.close()
      reject(error)
    })
    socket.connect(remotePort, remoteAddress, () => {
      const { address } = socket.address()
      socket.close()
      resolve(address)
    })
  })
}
