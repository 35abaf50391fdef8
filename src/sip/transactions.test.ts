import { describe, expect, it } from 'vitest'
import type { Machine } from '../base/machine.js'
import { InviteClientTransaction } from './transaction-client-invite.js'
import { NonInviteClientTransaction } from './transaction-client-non-invite.js'
import { InviteServerTransaction } from './transaction-server-invite.js'
import { NonInviteServerTransaction } from './transaction-server-non-invite.js'

const bytes = new Uint8Array([1])
const ack = new Uint8Array([2])

/** Lets the machine run on its own timers until it wants nothing more; `time: output` of each. */
function timeline<Input>(
  machine: Machine<Input | { readonly type: 'timeout' }, { readonly type: string }>,
  inputs: readonly (readonly [number, Input])[],
): string[] {
  const log: string[] = []
  const waiting = [...inputs]
  for (let step = 0; step < 100; step++) {
    const next = waiting[0]
    const atMs = Math.min(next?.[0] ?? Number.POSITIVE_INFINITY, machine.deadlineMs)
    if (atMs === Number.POSITIVE_INFINITY) return log
    const out: { readonly type: string }[] = []
    if (next && next[0] <= atMs) {
      waiting.shift()
      machine.handle(next[1], atMs, out)
    } else machine.handle({ type: 'timeout' }, atMs, out)
    for (const { type } of out) log.push(`${atMs}: ${type}`)
  }
  return log
}

describe('INVITE client transaction (RFC 3261 §17.1.1, RFC 6026)', () => {
  it('repeats by timer A and gives up by timer B', () => {
    const log = timeline(new InviteClientTransaction(false), [[0, { type: 'start', bytes }]])
    const sent = [0, 500, 1500, 3500, 7500, 15_500, 31_500].map((atMs) => `${atMs}: send`)
    expect(log).toEqual([...sent, '32000: timedOut', '32000: terminated'])
  })

  it('sends once over a connection', () => {
    const log = timeline(new InviteClientTransaction(true), [[0, { type: 'start', bytes }]])
    expect(log).toEqual(['0: send', '32000: timedOut', '32000: terminated'])
  })

  it('acknowledges each refusal and delivers one, until timer D', () => {
    const refusal = { type: 'response', status: 486, ack } as const
    const log = timeline(new InviteClientTransaction(false), [
      [0, { type: 'start', bytes }],
      [100, { type: 'response', status: 180 }],
      [200, refusal],
      [700, refusal],
    ])
    expect(log).toEqual([
      ...['0: send', '100: deliver', '200: send', '200: deliver', '700: send'],
      '32200: terminated',
    ])
  })

  it('delivers every 2xx until timer M', () => {
    const answer = { type: 'response', status: 200 } as const
    const log = timeline(new InviteClientTransaction(false), [
      [0, { type: 'start', bytes }],
      [100, answer],
      [600, answer],
      [700, { type: 'response', status: 486, ack }],
    ])
    expect(log).toEqual(['0: send', '100: deliver', '600: deliver', '32100: terminated'])
  })

  it('fails with its transport only while calling', () => {
    const log = timeline(new InviteClientTransaction(false), [
      [0, { type: 'start', bytes }],
      [10, { type: 'sendFailed' }],
      [20, { type: 'sendFailed' }],
    ])
    expect(log).toEqual(['0: send', '10: failed', '10: terminated'])
  })
})

describe('non-INVITE client transaction (RFC 3261 §17.1.2)', () => {
  it('repeats by timer E and gives up by timer F', () => {
    const log = timeline(new NonInviteClientTransaction(false), [[0, { type: 'start', bytes }]])
    const times = [0, 500, 1500, 3500, 7500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500]
    const sent = times.map((atMs) => `${atMs}: send`)
    expect(log).toEqual([...sent, '32000: timedOut', '32000: terminated'])
  })

  it('absorbs repeated answers until timer K', () => {
    const answer = { type: 'response', status: 200 } as const
    const log = timeline(new NonInviteClientTransaction(false), [
      [0, { type: 'start', bytes }],
      [100, answer],
      [200, answer],
    ])
    expect(log).toEqual(['0: send', '100: deliver', '5100: terminated'])
  })
})

describe('INVITE server transaction (RFC 3261 §17.2.1, RFC 6026)', () => {
  it('repeats a refusal by timer G until timer H', () => {
    const log = timeline(new InviteServerTransaction(false), [
      [0, { type: 'respond', status: 486, bytes }],
    ])
    const times = [0, 500, 1500, 3500, 7500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500]
    expect(log).toEqual([...times.map((atMs) => `${atMs}: send`), '32000: terminated'])
  })

  it('stops with the ACK and ends by timer I', () => {
    const log = timeline(new InviteServerTransaction(false), [
      [0, { type: 'respond', status: 486, bytes }],
      [100, { type: 'request' }],
      [200, { type: 'ack' }],
      [300, { type: 'request' }],
    ])
    expect(log).toEqual(['0: send', '100: send', '5200: terminated'])
  })

  it('absorbs the INVITE after a 2xx until timer L, and passes 2xx through', () => {
    const log = timeline(new InviteServerTransaction(false), [
      [0, { type: 'respond', status: 100, bytes }],
      [10, { type: 'request' }],
      [100, { type: 'respond', status: 200, bytes }],
      [200, { type: 'request' }],
      [600, { type: 'respond', status: 200, bytes }],
      [700, { type: 'respond', status: 500, bytes }],
    ])
    expect(log).toEqual(['0: send', '10: send', '100: send', '600: send', '32100: terminated'])
  })
})

describe('non-INVITE server transaction (RFC 3261 §17.2.2)', () => {
  it('repeats its answer until timer J', () => {
    const log = timeline(new NonInviteServerTransaction(false), [
      [0, { type: 'request' }],
      [100, { type: 'respond', status: 200, bytes }],
      [200, { type: 'request' }],
      [300, { type: 'respond', status: 500, bytes }],
    ])
    expect(log).toEqual(['100: send', '200: send', '32100: terminated'])
  })

  it('ends at once over a connection', () => {
    const log = timeline(new NonInviteServerTransaction(true), [
      [100, { type: 'respond', status: 200, bytes }],
    ])
    expect(log).toEqual(['100: send', '100: terminated'])
  })
})
