import { describe, expect, it } from 'vitest'
import { Forks } from '../../src/call/forks.js'
import type { LegCommand, LegEvent } from '../../src/sip/leg-events.js'
import { FakeRouter, nothingLeft } from './fake-router.js'

/** A group of three INVITEs with leg ids x-0 to x-2. */
function threeDevices() {
  const sent: LegCommand[] = []
  const forks = new Forks({ send: (command) => void sent.push(command) })
  forks.send({
    type: 'invite',
    legId: 'x',
    target: 'sip:a@192.0.2.1',
    from: { uri: 'sip:us@192.0.2.9' },
    sdp: 'offer',
    alternatives: [
      { target: 'sip:a@192.0.2.2' },
      { target: 'sip:a@192.0.2.3', routes: ['<sip:p>'] },
    ],
  })
  const refused = (index: number, status: number, local = false) =>
    forks.receive({
      type: 'refused',
      legId: `x-${index}`,
      status,
      reason: '',
      headers: [],
      local,
    })
  const answered = (index: number): LegEvent | undefined =>
    forks.receive({
      type: 'answered',
      legId: `x-${index}`,
      status: 200,
      sdp: 'answer',
      headers: [],
      callId: 'c',
      sourceAddress: '192.0.2.2',
    })
  const ended = (index: number) =>
    forks.receive({ type: 'ended', legId: `x-${index}`, cause: 'hungUp' })
  return { forks, sent, refused, answered, ended }
}

describe('an INVITE to several devices', () => {
  it('goes to each of them by its own way', () => {
    const { sent } = threeDevices()
    expect(sent).toMatchObject([
      { legId: 'x-0', target: 'sip:a@192.0.2.1', sdp: 'offer' },
      { legId: 'x-1', target: 'sip:a@192.0.2.2', sdp: 'offer' },
      { legId: 'x-2', target: 'sip:a@192.0.2.3', routes: ['<sip:p>'] },
    ])
    expect(sent.some((command) => 'alternatives' in command)).toBe(false)
    expect(sent[1]).not.toHaveProperty('routes')
  })

  it('belongs to the first that answers; the others are told', () => {
    const { forks, sent, refused, answered, ended } = threeDevices()
    const ringing: LegEvent = { type: 'progressed', legId: 'x-0', status: 180, sdp: undefined }
    expect(forks.receive(ringing)).toMatchObject({ legId: 'x', status: 180 })
    expect(refused(0, 480)).toBeUndefined()
    expect(answered(1)).toMatchObject({ type: 'answered', legId: 'x' })
    const reason = 'SIP;cause=200;text="Call completed elsewhere"'
    expect(sent.slice(3)).toEqual([{ type: 'hangUp', legId: 'x-2', reason }])
    // An answer that crossed the CANCEL is hung up by the engine.
    expect(answered(2)).toBeUndefined()
    expect(ended(2)).toBeUndefined()
    forks.send({ type: 'hangUp', legId: 'x' })
    expect(sent.at(-1)).toEqual({ type: 'hangUp', legId: 'x-1' })
    expect(ended(1)).toMatchObject({ type: 'ended', legId: 'x' })
    expect(forks.size).toBe(0)
  })

  it.each([
    [[480, 486, 500], 486],
    [[500, 404, 480], 404],
    [[500, 408, 404], 408],
  ])('that all refuse with %j has failed with %d', (statuses, best) => {
    const { forks, refused } = threeDevices()
    const told = statuses.map((status, index) => refused(index, status))
    expect(told).toMatchObject([undefined, undefined, { legId: 'x', status: best }])
    expect(forks.size).toBe(0)
  })

  it('that one declines is declined at once for all', () => {
    const { forks, sent, refused, ended } = threeDevices()
    expect(refused(1, 603)).toMatchObject({ legId: 'x', status: 603 })
    expect(sent.slice(3)).toEqual([
      { type: 'hangUp', legId: 'x-0' },
      { type: 'hangUp', legId: 'x-2' },
    ])
    expect([ended(0), refused(2, 487)]).toEqual([undefined, undefined])
    expect(forks.size).toBe(0)
  })

  it('that is given up ends when all have ended; a fault of ours says less than a refusal', () => {
    const { forks, sent, refused, ended } = threeDevices()
    expect(refused(0, 503, true)).toBeUndefined()
    forks.send({ type: 'hangUp', legId: 'x' })
    expect(sent.slice(3).map(({ legId }) => legId)).toEqual(['x-1', 'x-2'])
    expect(ended(1)).toBeUndefined()
    expect(refused(2, 487)).toMatchObject({ legId: 'x', status: 487 })
    expect(forks.size).toBe(0)
  })
})

describe('a call to a user with two devices', () => {
  const route = {
    target: 'sip:a@192.0.2.1',
    nextHop: undefined,
    credentials: undefined,
    alternatives: [{ target: 'sip:a@192.0.2.2' }],
  }

  it('is one call, whichever answers', async () => {
    const router = new FakeRouter()
    router.route = route
    await router.create({ to: 'client:a' })
    await router.settle()
    const [first, second] = router.commands('invite').map(({ legId }) => legId)
    if (!first || !second) throw new Error('not both were invited')
    router.answer(second)
    await router.settle()
    expect(router.record().status).toBe('in-progress')
    expect(router.commands('hangUp')).toMatchObject([{ legId: first }])
    router.ended(first, 'hungUp')
    await router.settle()
    expect(router.record().status).toBe('in-progress')
    router.ended(second, 'bye')
    await router.settle()
    expect(router.record().status).toBe('completed')
    expect(router.leftovers()).toEqual(nothingLeft)
  })

  it('that is not registered is not answered', async () => {
    const router = new FakeRouter()
    router.findRoute = async () => 'notRegistered'
    await router.create({ to: 'client:a' })
    await router.settle()
    expect(router.record().status).toBe('no-answer')
    expect(router.commands('invite')).toEqual([])
    expect(router.leftovers()).toEqual(nothingLeft)
  })
})
