/** A media plane with peers on real loopback sockets, for one test. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type {
  CreateMediaPlane,
  EndpointSettings,
  MediaEvent,
  MediaPlane,
  MediaPlaneConfig,
  OpenedEndpoint,
} from '../../src/media/port.js'
import { Peer } from './peer.js'

export type EventOf<T extends MediaEvent['type']> = Extract<MediaEvent, { type: T }>

export class Events {
  readonly all: MediaEvent[] = []
  #waiting: (() => void)[] = []

  add(event: MediaEvent): void {
    this.all.push(event)
    const waiting = this.#waiting
    this.#waiting = []
    for (const wake of waiting) wake()
  }

  async next<T extends MediaEvent['type']>(
    type: T,
    matches: (event: EventOf<T>) => boolean = () => true,
  ): Promise<EventOf<T>> {
    for (;;) {
      const found = this.all.find((each) => each.type === type && matches(each as EventOf<T>))
      if (found) return found as EventOf<T>
      await new Promise<void>((resolve) => this.#waiting.push(resolve))
    }
  }

  of<T extends MediaEvent['type']>(type: T): EventOf<T>[] {
    return this.all.filter((each): each is EventOf<T> => each.type === type)
  }
}

export const bindAddress = '127.0.0.1'

export interface Leg {
  readonly endpoint: OpenedEndpoint
  readonly endpointId: number
  readonly peer: Peer
}

/** PCMU with telephone-event, both ways, and what is said besides. */
export function settingsOf(settings: Partial<EndpointSettings>): EndpointSettings {
  return {
    remoteAddress: bindAddress,
    remotePort: 9,
    codec: 'PCMU',
    clockRateHz: 8000,
    payloadType: 0,
    telephoneEventPayloadType: 101,
    telephoneEventClockRateHz: 8000,
    ptimeMs: 20,
    ssrc: 0xabcd_0000,
    direction: 'sendrecv',
    rtpTimeoutMs: 0,
    inBandDtmf: false,
    ...settings,
  }
}

export class Stage {
  readonly plane: MediaPlane
  readonly events: Events
  readonly folder = mkdtempSync(join(tmpdir(), 'dialplane-media-'))
  readonly peers: Peer[] = []

  private constructor(plane: MediaPlane, events: Events) {
    this.plane = plane
    this.events = events
  }

  static async start(create: CreateMediaPlane, config: MediaPlaneConfig): Promise<Stage> {
    const events = new Events()
    return new Stage(await create(config, (event) => events.add(event)), events)
  }

  /** An endpoint and the peer that it talks to. */
  async connect(settings: Partial<EndpointSettings> = {}, near?: OpenedEndpoint): Promise<Leg> {
    const peer = await Peer.open(0x1000 + this.peers.length)
    this.peers.push(peer)
    const endpoint = await this.plane.open({
      bindAddress,
      ...(near ? { near: near.endpointId } : {}),
    })
    peer.remotePort = endpoint.rtpPort
    const { endpointId } = endpoint
    await this.plane.submit({
      type: 'configure',
      endpointId,
      settings: settingsOf({
        remotePort: peer.port,
        ssrc: 0xabcd_0000 + this.peers.length,
        ...settings,
      }),
    })
    return { endpoint, endpointId, peer }
  }

  async end(): Promise<void> {
    await this.plane.close()
    for (const peer of this.peers) await peer.close()
    rmSync(this.folder, { recursive: true, force: true })
  }
}
