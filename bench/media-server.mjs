// The media plane alone, as a process of its own: opens the legs of a workload, connects them as it says, and
// tells its parent their ports. See media.mjs.
import { createNativePlane } from '../dist/media/native/native-plane.js'

const address = '127.0.0.1'
const codecs = {
  PCMU: { payloadType: 0, clockRateHz: 8_000 },
  G722: { payloadType: 9, clockRateHz: 8_000 },
  opus: { payloadType: 96, clockRateHz: 48_000 },
}

const work = JSON.parse(process.argv[2])
const legs = work.codecs.length
const plane = await createNativePlane(
  { portMin: 20_000, portMax: 29_999, threads: 1, endpointsMax: legs },
  () => {},
)

const residentBefore = process.memoryUsage.rss()
const endpoints = []
for (const [index, codec] of work.codecs.entries()) {
  const endpoint = await plane.open({ bindAddress: address })
  endpoints.push(endpoint)
  await plane.submit({
    type: 'configure',
    endpointId: endpoint.endpointId,
    settings: {
      remoteAddress: address,
      remotePort: work.firstPort + 2 * index,
      codec,
      ...codecs[codec],
      telephoneEventPayloadType: undefined,
      telephoneEventClockRateHz: 8_000,
      ptimeMs: 20,
      ssrc: 1 + index,
      direction: 'sendrecv',
      rtpTimeoutMs: 0,
      inBandDtmf: false,
    },
  })
}

const idOf = (index) => endpoints[index].endpointId

async function prompts() {
  const samples = Int16Array.from({ length: 80_000 }, (_, i) => 6_000 * Math.sin(i * 0.31))
  const promptId = await plane.loadPrompt(samples, 8_000)
  const how = { type: 'play', promptId, loops: 0, offsetMs: 0 }
  for (let i = 0; i < legs; i++) {
    await plane.submit({ ...how, playerId: i + 1, endpointId: idOf(i) })
  }
}

async function pairs() {
  for (let i = 0; i < legs; i += 2) {
    await plane.submit({ type: 'bridge', endpointId: idOf(i), otherEndpointId: idOf(i + 1) })
  }
}

async function rooms() {
  for (let i = 0; i < legs; i += work.roomSize) {
    const mixerId = await plane.openMixer({ near: idOf(i) })
    for (let j = i; j < i + work.roomSize; j++) {
      await plane.submit({ type: 'join', endpointId: idOf(j), mixerId })
    }
  }
}

await { prompts, pairs, rooms }[work.graph]()
process.send({ ports: endpoints.map(({ rtpPort }) => rtpPort), residentBefore })
process.on('message', () => plane.close().then(() => process.exit(0)))
