import { describe, expect, it } from 'vitest'
import { headerOf } from '../../src/sip/message.js'
import { contactsOf, RegisteringDevice } from './registering-device.js'
import { flowFrom, idle } from './scripted-peer.js'

const first = '<sip:alice@192.0.2.1:5060>'
const second = '<sip:alice@192.0.2.2:5060>'

describe('a registration', () => {
  it('is bound for an hour, returned, refreshed and ends by itself', () => {
    const device = new RegisteringDevice()
    expect(contactsOf(device.register({ contacts: [first] }))).toEqual([`${first};expires=3600`])
    expect(device.of('bound')).toMatchObject([
      {
        addressOfRecord: 'alice@dialplane',
        bindings: [{ contactUri: 'sip:alice@192.0.2.1:5060', priority: 1, cseq: 1 }],
      },
    ])
    device.wait(600_000)
    expect(contactsOf(device.register({ contacts: [] }))).toEqual([`${first};expires=3000`])
    expect(device.of('bound')).toHaveLength(1)
    device.register({ contacts: [first] })
    device.wait(3_599_999)
    expect(device.bound()).toHaveLength(1)
    device.wait(1)
    expect(device.bound()).toEqual([])
    expect(device.of('bound')).toHaveLength(3)
    device.wait(40_000)
    expect(device.engine.sizes).toEqual(idle)
  })

  it('takes the lifetime of the Contact, else of the request, between a minute and two hours', () => {
    const device = new RegisteringDevice()
    const contacts = [`${first};expires=90`, second, '<sip:alice@192.0.2.3>;expires=90000']
    expect(contactsOf(device.register({ contacts, headers: ['Expires: 120'] }))).toEqual([
      `${first};expires=90`,
      `${second};expires=120`,
      '<sip:alice@192.0.2.3>;expires=7200',
    ])
    const brief = device.register({ contacts: [`${first};expires=90`, `${second};expires=59`] })
    expect(brief.status).toBe(423)
    expect(headerOf(brief.headers, 'Min-Expires')).toBe('60')
    expect(device.of('bound')).toHaveLength(1)
    const unreadable = device.register({ contacts: [`${first};expires=soon`] })
    expect(contactsOf(unreadable)).toContain(`${first};expires=3600`)
  })

  it('keeps several Contacts with their preference, and ends one by expires=0', () => {
    const device = new RegisteringDevice()
    device.register({ contacts: [`${first};q=0.3, ${second};q=1`] })
    expect(
      device
        .of('bound')
        .at(-1)
        ?.bindings.map(({ priority }) => priority),
    ).toEqual([0.3, 1])
    expect(contactsOf(device.register({ contacts: [] }))[0]).toBe(`${first};q=0.3;expires=3600`)
    const left = device.register({ contacts: [`${first};expires=0`] })
    expect(contactsOf(left)).toEqual([`${second};expires=3600`])
    expect(device.register({ contacts: [second], headers: ['Expires: 0'] }).status).toBe(200)
    expect(device.bound()).toEqual([])
    expect(device.engine.sizes.bindings).toBe(0)
  })

  it('ends all by a star with Expires 0 alone', () => {
    const device = new RegisteringDevice()
    device.register({ contacts: [first, second] })
    expect(device.register({ contacts: ['*'] }).status).toBe(400)
    expect(device.register({ contacts: ['*'], headers: ['Expires: 60'] }).status).toBe(400)
    expect(device.register({ contacts: ['*', first], headers: ['Expires: 0'] }).status).toBe(400)
    expect(device.bound()).toHaveLength(2)
    // Within the same registration it has to come later; first its transaction is forgotten.
    device.wait(32_000)
    expect(device.register({ contacts: ['*'], cseq: 1, headers: ['Expires: 0'] }).status).toBe(500)
    const gone = device.register({ contacts: ['*'], headers: ['Expires: 0'] })
    expect([gone.status, contactsOf(gone)]).toEqual([200, []])
    expect(device.bound()).toEqual([])
  })

  it('is not undone by a request that comes late, in none of its parts', () => {
    const device = new RegisteringDevice()
    device.register({ contacts: [first], cseq: 5 })
    device.wait(32_000)
    for (const cseq of [5, 4]) {
      const late = device.register({ contacts: [second, `${first};expires=0`], cseq })
      expect(late.status).toBe(500)
    }
    expect(device.bound()).toEqual(['sip:alice@192.0.2.1:5060'])
    // Another Call-ID begins anew: the device was restarted.
    const anew = device.register({ contacts: [`${first};expires=60`], cseq: 1, callId: 'anew' })
    expect(contactsOf(anew)).toEqual([`${first};expires=60`])
  })

  it('answers a retransmission as before', () => {
    const device = new RegisteringDevice()
    const parts = { contacts: [first], cseq: 1, branch: 'z9hG4bKsame' }
    device.register(parts)
    device.register(parts)
    expect(device.statuses).toEqual([200, 200])
    expect(device.of('bound')).toHaveLength(1)
  })

  it.each([
    ['sip:alice@192.0.2.1:5060', 'sip:%61lice@192.0.2.1:5060', 1],
    ['sip:alice@host.example.com;lr', 'sip:alice@HOST.example.com;x=1', 1],
    ['sip:alice@192.0.2.1', 'sip:alice@192.0.2.1:5060', 2],
    ['sip:alice@192.0.2.1', 'sip:alice@192.0.2.1;transport=udp', 2],
    ['sip:alice@192.0.2.1', 'sip:Alice@192.0.2.1', 2],
    ['sip:alice@192.0.2.1', 'sips:alice@192.0.2.1', 2],
    ['sip:alice@192.0.2.1?a=1&b=2', 'sip:alice@192.0.2.1?b=2&A=1', 1],
    ['sip:alice@192.0.2.1;ob=x', 'sip:alice@192.0.2.1;ob=y', 2],
  ])('of %s and of %s: %d', (one, other, count) => {
    const device = new RegisteringDevice()
    device.register({ contacts: [`<${one}>`] })
    device.register({ contacts: [`<${other}>`] })
    expect(device.bound()).toHaveLength(count)
  })

  it.each([
    ['<tel:+15550100>', 400],
    [`<sip:${'a'.repeat(600)}@192.0.2.1>`, 400],
    [`${first};+sip.instance="<urn:${'a'.repeat(300)}>"`, 400],
  ])('of %s gets %d', (contact, status) => {
    const device = new RegisteringDevice()
    expect(device.register({ contacts: [contact] }).status).toBe(status)
    expect(device.of('bound')).toEqual([])
  })

  it('is for users of ours', () => {
    const device = new RegisteringDevice()
    expect(device.register({ domain: '192.0.2.9' }).status).toBe(200)
    expect(device.bound()).toHaveLength(1)
    expect(device.register({ domain: 'elsewhere.example.com' }).status).toBe(404)
    expect(device.register({ user: 'a'.repeat(257) }).status).toBe(404)
    expect(device.register({ headers: ['Require: magic'] }).status).toBe(420)
    expect(headerOf(device.register({ contacts: [] }).headers, 'Allow')).toBeUndefined()
    device.request('PUBLISH')
    expect(headerOf(device.responses.at(-1)?.headers ?? [], 'Allow')).toContain('REGISTER')
  })
})

describe('a device that is not trusted', () => {
  const stranger = () => {
    const device = new RegisteringDevice()
    device.flow = flowFrom('198.51.100.7')
    return device
  }

  it('proves by digest that the address is its own', () => {
    const device = stranger()
    expect(device.prove().status).toBe(200)
    expect(device.of('ask').at(-1)?.question).toMatchObject({
      username: 'alice',
      domain: 'dialplane',
      use: 'registration',
    })
    expect(device.bound()).toEqual(['sip:alice@198.51.100.7'])
    expect(device.prove({ user: 'bob' }).status).toBe(403)
    expect(device.bound('bob@dialplane')).toEqual([])
  })

  it('is challenged before it hears which domains there are', () => {
    const device = stranger()
    expect(device.register({ domain: 'elsewhere.example.com' }).status).toBe(401)
    expect(device.prove({ domain: 'elsewhere.example.com' }).status).toBe(404)
    expect(device.engine.sizes.bindings).toBe(0)
  })

  it('cannot be replaced by a replay of its request', () => {
    const device = stranger()
    const challenged = device.register()
    device.prove({}, 'alice', challenged)
    const replay = device.prove({ contacts: ['<sip:mallory@198.51.100.9>'] }, 'alice', challenged)
    expect(replay.status).toBe(401)
    expect(headerOf(replay.headers, 'WWW-Authenticate')).toContain('stale=true')
    expect(device.bound()).toEqual(['sip:alice@198.51.100.7'])
  })
})

describe('the limits', () => {
  it('are ten for an address', () => {
    const device = new RegisteringDevice()
    const contacts = Array.from({ length: 10 }, (_, index) => `<sip:alice@192.0.2.${index + 10}>`)
    expect(device.register({ contacts }).status).toBe(200)
    const more = device.register({ contacts: [first] })
    expect([more.status, headerOf(more.headers, 'Retry-After')]).toEqual([503, '60'])
    expect(device.counted('tooManyBindings')).toBe(1)
    expect(device.register({ contacts }).status).toBe(200)
    const moved = device.register({ contacts: [`${contacts[0]};expires=0`, first] })
    expect(moved.status).toBe(200)
    expect(device.bound()).toHaveLength(10)
  })

  it('are counted over all addresses', () => {
    const limits = { legsMax: 10, transactionsMax: 50, questionsMax: 10, bindingsMax: 2 }
    const device = new RegisteringDevice({ limits })
    expect(device.register({ user: 'a' }).status).toBe(200)
    expect(device.register({ user: 'b' }).status).toBe(200)
    expect(device.register({ user: 'c' }).status).toBe(503)
    expect(device.register({ user: 'b' }).status).toBe(200)
    expect(device.register({ user: 'a', headers: ['Expires: 0'] }).status).toBe(200)
    expect(device.register({ user: 'c' }).status).toBe(200)
  })

  it('are those of transactions, too', () => {
    const limits = { legsMax: 10, transactionsMax: 1, questionsMax: 10 }
    const device = new RegisteringDevice({ limits })
    expect(device.register().status).toBe(200)
    expect(device.register().status).toBe(503)
  })
})
