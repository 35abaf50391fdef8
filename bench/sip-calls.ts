/** Whole calls between two engines without sockets: INVITE, 100, 180, 200, ACK, BYE, 200; calls/s. */
import { SeededIds } from '../src/base/ids.js'
import { SipEngine } from '../src/sip/engine.js'
import type { SipInput, SipOutput } from '../src/sip/events.js'

const sdp = 'v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n'

function makeEngine(address: string, seed: number): SipEngine {
  return new SipEngine({
    ids: new SeededIds(seed),
    realm: 'bench',
    userAgent: 'Dialplane/bench',
    isTrusted: () => true,
    advertised: () => ({ host: address, port: 5060 }),
    limits: { legsMax: 100_000, transactionsMax: 1_000_000, questionsMax: 10 },
  })
}

const caller = { address: '192.0.2.1', engine: makeEngine('192.0.2.1', 1) }
const callee = { address: '192.0.2.2', engine: makeEngine('192.0.2.2', 2) }
let nowMs = 0
let ended = 0

function handle(host: typeof caller, input: SipInput): void {
  const out: SipOutput[] = []
  host.engine.handle(input, nowMs, out)
  for (const output of out) {
    if (output.type === 'send') {
      const to = output.target.address === caller.address ? caller : callee
      const flow = {
        transport: 'udp',
        localAddress: to.address,
        localPort: 5060,
        remoteAddress: host.address,
        remotePort: 5060,
      } as const
      handle(to, { type: 'received', flow, bytes: output.bytes })
    } else if (output.type === 'invited') {
      handle(host, { type: 'progress', legId: output.legId, status: 180 })
      handle(host, { type: 'accept', legId: output.legId, sdp })
    } else if (output.type === 'confirmed') {
      handle(host, { type: 'hangUp', legId: output.legId })
    } else if (output.type === 'ended') ended++
  }
}

const from = { uri: 'sip:alice@192.0.2.1' }
const callCount = 50_000
const startMs = performance.now()
for (let index = 0; index < callCount; index++) {
  handle(caller, { type: 'invite', legId: `${index}`, target: 'sip:bob@192.0.2.2', from, sdp })
  nowMs += 0.5
  for (const host of [caller, callee]) {
    if (host.engine.deadlineMs <= nowMs) handle(host, { type: 'timeout' })
  }
}
const seconds = (performance.now() - startMs) / 1000
if (ended !== 2 * callCount) throw new Error(`${ended} legs ended`)
console.log(`calls, both ends: ${Math.round(callCount / seconds)} calls/s`)
