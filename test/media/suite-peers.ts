/** Who is at the other end of an endpoint, over real loopback sockets. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { CreateMediaPlane } from '../../src/media/port.js'
import { encode, Peer, sine } from './peer.js'
import { Stage, settingsOf } from './stage.js'

export function peersSuite(name: string, create: CreateMediaPlane, portMin: number): void {
  describe(`peers of the media plane: ${name}`, () => {
    let stage: Stage
    beforeEach(async () => {
      const ports = { portMin, portMax: portMin + 99 }
      stage = await Stage.start(create, { ...ports, threads: 1, endpointsMax: 4 })
    })
    afterEach(() => stage.end())

    it('another peer takes the place of one that sends on', async () => {
      const { endpoint, endpointId, peer: old } = await stage.connect({ remotePort: 9 })
      const next = await Peer.open(0x9999)
      stage.peers.push(next)
      next.remotePort = endpoint.rtpPort
      void old.talk(0, encode(sine(500, 20_000), 'PCMU'), 0xff)
      await old.until(() => old.packets.length > 5)
      const settings = settingsOf({ peer: 1 })
      await stage.plane.submit({ type: 'configure', endpointId, settings })
      const told = old.packets.length
      const { packetsDropped } = await stage.plane.stats()
      void next.talk(0, encode(sine(700, 20_000), 'PCMU'), 0xff)
      await next.until(() => next.packets.length > 30)
      // What was on its way when the other one took over.
      expect(old.packets.length - told).toBeLessThan(5)
      expect((await stage.plane.stats()).packetsDropped - packetsDropped).toBeGreaterThan(20)
    })
  })
}
