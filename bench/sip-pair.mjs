/** Two SIP engines back to back, without sockets and in virtual time. */
import { SeededIds } from '../dist/base/ids.js'
import { SipEngine } from '../dist/sip/engine.js'

export const sdp =
  'v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n'

export function makeEngine(address, seed) {
  return new SipEngine({
    ids: new SeededIds(seed),
    realm: 'bench',
    userAgent: 'Dialplane/bench',
    isTrusted: () => true,
    isOwnDomain: (domain) => domain === address,
    advertised: () => ({ host: address, port: 5060 }),
    limits: { legsMax: 100_000, transactionsMax: 1_000_000, questionsMax: 10 },
  })
}

/** What calls and what is called; `onInvited` and `onConfirmed` get the side and its leg. */
export function pair({ onInvited, onConfirmed }) {
  let nowMs = 0
  const make = (address, seed) => ({ address, engine: makeEngine(address, seed), ended: 0 })
  const caller = make('192.0.2.1', 1)
  const callee = make('192.0.2.2', 2)

  function step(host, input) {
    const out = []
    host.engine.handle(input, nowMs, out)
    for (const output of out) {
      if (output.type === 'send') {
        const to = output.target.address === caller.address ? caller : callee
        const ports = { localPort: 5060, remotePort: 5060 }
        const addresses = { localAddress: to.address, remoteAddress: host.address }
        const flow = { transport: 'udp', ...addresses, ...ports }
        step(to, { type: 'received', flow, bytes: output.bytes })
      } else if (output.type === 'invited') onInvited(host, output.legId)
      else if (output.type === 'confirmed') onConfirmed(host, output.legId)
      else if (output.type === 'ended') host.ended++
    }
  }

  caller.call = (legId) => {
    const from = { uri: 'sip:alice@192.0.2.1' }
    step(caller, { type: 'invite', legId, target: 'sip:bob@192.0.2.2', from, sdp })
  }
  /** Lets time pass, with every deadline in it. */
  caller.wait = (ms) => {
    const endMs = nowMs + ms
    for (;;) {
      const nextMs = Math.min(caller.engine.deadlineMs, callee.engine.deadlineMs)
      if (nextMs > endMs) break
      nowMs = Math.max(nowMs, nextMs)
      for (const host of [caller, callee]) {
        if (host.engine.deadlineMs <= nowMs) step(host, { type: 'timeout' })
      }
    }
    nowMs = endMs
  }
  const sizes = () =>
    [caller, callee].map(({ engine }) => engine.sizes.legs + engine.sizes.transactions)
  return { caller, callee, step, sizes }
}
