import { describe, expect, test } from 'vitest'
import { FakeRouter, nothingLeft, peerSdp } from './fake-router.js'

interface Ending {
  readonly name: string
  readonly end: (router: FakeRouter, legId: string) => void | Promise<void>
  readonly status: string
}

/** Each way in which a call that we made can end, and the status it gets. */
const outgoing: readonly Ending[] = [
  ...(
    [
      [486, 'busy'],
      [600, 'busy'],
      [603, 'no-answer'],
      [480, 'no-answer'],
      [487, 'no-answer'],
      [408, 'no-answer'],
      [404, 'failed'],
      [488, 'failed'],
      [500, 'failed'],
      [503, 'failed'],
    ] as const
  ).map(([code, status]) => ({
    name: `refused with ${code}`,
    end: (router: FakeRouter, legId: string) => router.refuse(legId, code),
    status,
  })),
  {
    name: 'nobody answers in time',
    end: (router) => router.clock.advance(60_000),
    status: 'no-answer',
  },
  {
    name: 'REST cancels',
    end: (router) => router.calls.dispatch(router.record().sid, { type: 'end', as: 'canceled' }),
    status: 'canceled',
  },
  {
    name: 'REST completes while it rings',
    end: (router) => router.calls.dispatch(router.record().sid, { type: 'end', as: 'completed' }),
    status: 'canceled',
  },
  {
    name: 'the answer has no media',
    end: (router, legId) => router.answer(legId, 'v=0\r\n'),
    status: 'failed',
  },
  {
    name: 'answered, then BYE',
    end: async (router, legId) => {
      router.answer(legId)
      await router.settle()
      router.ended(legId, 'bye')
    },
    status: 'completed',
  },
  {
    name: 'answered and BYE at once',
    end: (router, legId) => {
      router.answer(legId)
      router.ended(legId, 'bye')
    },
    status: 'completed',
  },
  {
    name: 'answered, then no longer reachable',
    end: async (router, legId) => {
      router.answer(legId)
      await router.settle()
      router.ended(legId, 'unreachable')
    },
    status: 'completed',
  },
  {
    name: 'REST completes while it talks',
    end: async (router, legId) => {
      router.answer(legId)
      await router.settle()
      await router.calls.dispatch(router.record().sid, { type: 'end', as: 'completed' })
    },
    status: 'completed',
  },
]

describe('a call that we made', () => {
  test.each(outgoing)('$name: $status', async ({ end, status }) => {
    const router = new FakeRouter()
    await router.create()
    await router.settle()
    const legId = router.invitedLeg()
    router.event({ type: 'progressed', legId, status: 180, sdp: undefined })
    await end(router, legId)
    await router.settle()
    expect(router.record().status).toBe(status)
    // The engine confirms what it was told to end.
    if (router.commands('hangUp').length > 0) router.ended(legId, 'hungUp')
    await router.settle()
    expect(router.leftovers()).toEqual(nothingLeft)
    expect(router.callbacks().slice(0, 2)).toEqual(['0 initiated', '1 ringing'])
    expect(router.callbacks().at(-1)?.split(' ')[1]).toBe(status)
    expect(router.callbacks().map((one) => Number(one.split(' ')[0]))).toEqual(
      router.callbacks().map((_one, index) => index),
    )
  })

  test('is not sent an INVITE when REST cancelled it before', async () => {
    const router = new FakeRouter()
    let found = (_: undefined) => {}
    router.findRoute = () =>
      new Promise((resolve) => {
        found = () => resolve(router.route)
      })
    const { sid } = await router.create({ to: 'sip:bob@example.com' })
    await router.calls.dispatch(sid, { type: 'end', as: 'canceled' })
    found(undefined)
    await router.settle()
    expect(router.commands('invite')).toEqual([])
    expect(router.record().status).toBe('canceled')
    // The engine knows nothing of the leg: nothing more is said about it.
    expect(router.leftovers()).toEqual(nothingLeft)
  })

  test('that the peer never answers ends at its timeout, not when the CANCEL is confirmed', async () => {
    const router = new FakeRouter()
    await router.create({ timeoutMs: 5_000 })
    await router.clock.advance(5_000)
    expect(router.record().status).toBe('no-answer')
    expect(router.calls.size).toBe(0)
  })

  test('fails when its peer wants media sent where documents may not reach', async () => {
    const router = new FakeRouter()
    router.route = {
      target: 'sip:peer',
      nextHop: undefined,
      credentials: undefined,
      mayReach: () => false,
    }
    await router.create()
    await router.settle()
    router.answer(router.invitedLeg())
    await router.settle()
    expect(router.record().status).toBe('failed')
    expect(router.commands('hangUp')).toHaveLength(1)
  })

  test('events that nobody asked for still take a SequenceNumber', async () => {
    const router = new FakeRouter()
    const statusCallback = { url: 'http://app/s', method: 'POST' as const, events: ['completed'] }
    await router.create({ statusCallback })
    await router.settle()
    const legId = router.invitedLeg()
    router.event({ type: 'progressed', legId, status: 180, sdp: undefined })
    router.answer(legId)
    await router.settle()
    router.ended(legId, 'bye')
    await router.settle()
    expect(router.callbacks()).toEqual(['3 completed'])
  })

  test('fails without leaving anything when no port is free', async () => {
    const router = new FakeRouter()
    router.plane.refused.add('open')
    await router.create()
    await router.settle()
    expect(router.record().status).toBe('failed')
    expect(router.leftovers()).toEqual(nothingLeft)
  })

  test('fails and is hung up when its media cannot be set up', async () => {
    const router = new FakeRouter()
    await router.create()
    await router.settle()
    router.plane.refused.add('configure')
    router.answer(router.invitedLeg())
    await router.settle()
    expect(router.record().status).toBe('failed')
    expect(router.commands('hangUp')).toHaveLength(1)
    router.ended(router.invitedLeg(), 'hungUp')
    expect(router.leftovers()).toEqual(nothingLeft)
  })

  test('leaves nothing when it cannot be stored, and is refused beyond the limit', async () => {
    const router = new FakeRouter()
    router.failWrites = true
    await expect(router.create()).rejects.toThrow('disk')
    expect(router.leftovers()).toEqual(nothingLeft)
    router.failWrites = false
    router.callsMax = 1
    await router.create()
    await expect(router.create()).rejects.toMatchObject({ errorCode: 20429 })
  })
})

describe('an incoming call', () => {
  const incoming: readonly Ending[] = [
    {
      name: 'the caller cancels',
      end: (router, legId) => router.ended(legId, 'canceled'),
      status: 'no-answer',
    },
    {
      name: 'answered, then BYE',
      end: async (router, legId) => {
        await router.settle()
        router.ended(legId, 'bye')
      },
      status: 'completed',
    },
    {
      name: 'the 200 is never acknowledged',
      end: async (router, legId) => {
        await router.settle()
        router.ended(legId, 'ackTimeout')
      },
      status: 'completed',
    },
    {
      name: 'RTP stops',
      end: async (router) => {
        await router.settle()
        router.plane.onEvent({ type: 'rtpTimeout', endpointId: 1 })
      },
      status: 'completed',
    },
  ]

  test.each(incoming)('$name: $status', async ({ end, status }) => {
    const router = new FakeRouter()
    const legId = router.invite()
    await end(router, legId)
    await router.settle()
    if (router.commands('hangUp').length > 0) router.ended(legId, 'hungUp')
    await router.settle()
    if (router.stored.size > 0) expect(router.record().status).toBe(status)
    expect(router.leftovers()).toEqual(nothingLeft)
    expect(router.gone).toHaveLength(router.stored.size)
  })

  test('that is over before its program answers opens no endpoint', async () => {
    const router = new FakeRouter()
    router.program = async (call, _start, signal) => {
      await router.clock.sleep(1_000)
      await call.answer(signal)
    }
    const legId = router.invite()
    await router.settle()
    router.ended(legId, 'canceled')
    await router.clock.advance(1_000)
    expect(router.record().status).toBe('no-answer')
    expect(router.leftovers()).toEqual(nothingLeft)
  })

  test('that hangs up while it is being answered leaves nothing', async () => {
    const router = new FakeRouter()
    let open = () => {}
    router.plane.gate = new Promise((resolve) => {
      open = resolve
    })
    const legId = router.invite()
    await router.settle()
    router.ended(legId, 'canceled')
    open()
    await router.settle()
    expect(router.record().status).toBe('no-answer')
    expect(router.leftovers()).toEqual(nothingLeft)
  })

  test('with a late offer is hung up when the ACK has no answer that we can take', async () => {
    const router = new FakeRouter()
    router.program = async (call, _start, signal) => {
      await call.answer(signal).catch(() => call.giveUp())
    }
    const legId = router.invite({ sdp: undefined })
    await router.settle()
    router.event({ type: 'confirmed', legId, sdp: undefined })
    await router.settle()
    expect(router.commands('hangUp')).toHaveLength(1)
    expect(router.record().status).toBe('failed')
    router.ended(legId, 'hungUp')
    expect(router.leftovers()).toEqual(nothingLeft)
  })

  test('from a stranger cannot send our media where we may not: it goes to the stranger', async () => {
    const router = new FakeRouter()
    const legId = router.invite({ trust: 'digest' })
    await router.settle()
    const elsewhere = peerSdp.replaceAll('192.0.2.9', '10.0.0.1')
    router.event({ type: 'reoffered', legId, sdp: elsewhere })
    await router.settle()
    expect(router.commands('answerReoffer')[0]?.sdp).toContain('m=audio')
    const configured = router.plane.commands.findLast(({ type }) => type === 'configure')
    expect(configured).toMatchObject({
      settings: { remoteAddress: '192.0.2.9', remotePort: 4_000 },
    })
  })

  test('leaves nothing when it cannot be stored', async () => {
    const router = new FakeRouter()
    router.failWrites = true
    const legId = router.invite()
    await router.settle()
    expect(router.commands('reject')).toMatchObject([{ legId, status: 500 }])
    expect(router.leftovers()).toMatchObject({ ...nothingLeft, bugs: 1 })
  })
})
