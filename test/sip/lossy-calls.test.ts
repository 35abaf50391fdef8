import { describe, expect, it } from 'vitest'
import { SeededIds } from '../../src/base/ids.js'
import type { SipOutput } from '../../src/sip/events.js'
import { type Host, LossyNetwork } from './lossy-network.js'
import { idle } from './scripted-peer.js'

const sdp = 'v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n'

/** Plays a whole call whose turns are decided by the seed, and gives back what each end reported. */
function playCall(seed: number, loss: number) {
  const network = new LossyNetwork({ seed, drop: loss, duplicate: loss, reorder: loss })
  const choice = new SeededIds(seed * 7919 + 1)
  const caller = network.addHost('192.0.2.1')
  const callee = network.addHost('192.0.2.2')
  const plan = choice.uint32() % 8
  const after = (delayMs: number, act: () => void) => network.after(delayMs, act)
  network.onEvent = (host: Host, event: SipOutput) => {
    if (event.type === 'invited') {
      const { legId } = event
      const ringing = { type: 'progress', legId, status: 180 } as const
      if (plan % 2 === 0) network.command(host, ringing)
      // Early media: reliably, as the caller can do that.
      if (plan % 4 === 1) network.command(host, { ...ringing, status: 183, sdp })
      const answerMs = choice.uint32() % 3000
      if (plan === 5) {
        after(answerMs, () => network.command(host, { type: 'reject', legId, status: 486 }))
      } else after(answerMs, () => network.command(host, { type: 'accept', legId, sdp }))
      if (plan >= 6) after(4000, () => network.command(host, { type: 'hangUp', legId }))
    }
    if (event.type === 'answered') {
      const { legId } = event
      const body = 'Signal=5'
      const contentType = 'application/dtmf-relay'
      network.command(host, { type: 'info', legId, contentType, body })
    }
    if (event.type === 'answered' || event.type === 'confirmed') {
      // Both may want something new at once (491).
      const { legId } = event
      const offer = () => network.command(host, { type: 'reoffer', legId, sdp })
      if (plan % 3 !== 2) after(choice.uint32() % 2000, offer)
    }
    if (event.type === 'confirmed' && plan % 3 === 1) {
      const { legId } = event
      const refer = { type: 'refer', legId, target: 'sip:carol@192.0.2.3' } as const
      after(choice.uint32() % 2000, () => network.command(host, refer))
    }
    if (event.type === 'referred') {
      const { legId, referId } = event
      network.command(host, { type: 'answerRefer', legId, referId, status: 202 })
      const report = { type: 'reportRefer', legId, referId, status: 200 } as const
      after(choice.uint32() % 3000, () => network.command(host, report))
    }
    if (event.type === 'reoffered') {
      network.command(host, { type: 'answerReoffer', legId: event.legId, sdp })
    }
  }
  network.command(caller, {
    type: 'invite',
    legId: 'call',
    target: 'sip:bob@192.0.2.2',
    from: { uri: 'sip:alice@192.0.2.1', displayName: 'Alice "A" <x>' },
    sdp,
  })
  const hangUpMs = plan === 3 ? choice.uint32() % 4000 : 8000
  after(hangUpMs, () => network.command(caller, { type: 'hangUp', legId: 'call' }))
  network.run()
  return { caller, callee, plan }
}

const outcome = (host: Host) =>
  host.events.filter(({ type }) => type === 'ended' || type === 'refused')

const runs = [
  [0, 300],
  [0.1, 300],
  [0.3, 10_000],
] as const

describe('two engines over a network that loses, doubles and reorders', () => {
  it.each(runs)(
    'agree and leave nothing behind at a loss of %d, %i calls',
    { timeout: 240_000 },
    (loss, calls) => {
      let answered = 0
      let transferred = 0
      for (let seed = 1; seed <= calls; seed++) {
        const { caller, callee, plan } = playCall(seed, loss)
        const context = `seed ${seed}, plan ${plan}`
        expect(caller.engine.sizes, context).toEqual(idle)
        expect(callee.engine.sizes, context).toEqual(idle)
        // Each end hears exactly once that the leg is over.
        expect(outcome(caller), context).toHaveLength(1)
        const invited = callee.events.filter(({ type }) => type === 'invited')
        expect(invited.length, context).toBeLessThanOrEqual(1)
        expect(outcome(callee), context).toHaveLength(invited.length)
        const ours = caller.events.some(({ type }) => type === 'answered')
        const theirs = callee.events.some(({ type }) => type === 'confirmed')
        // Both ends agree on whether there was a call.
        if (loss === 0 && plan !== 3) expect(theirs, context).toBe(ours)
        if (theirs && !ours) {
          // A 2xx that crossed our CANCEL: the call is over at both ends (RFC 3261 §15).
          expect(outcome(caller), context).toMatchObject([{ type: 'ended', cause: 'hungUp' }])
        }
        if (ours) answered++
        const isTransferred = caller.events.some(({ type }) => type === 'referred')
        if (isTransferred) transferred++
        const reports = callee.events.filter(({ type }) => type === 'referReported')
        const last = reports.filter((event) => 'isLast' in event && event.isLast)
        expect(last.length, context).toBeLessThanOrEqual(isTransferred ? 1 : 0)
      }
      expect(answered).toBeGreaterThan(calls / 3)
      expect(transferred).toBeGreaterThan(calls / 10)
    },
  )
})
