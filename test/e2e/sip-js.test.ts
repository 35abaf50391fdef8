import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { eventually } from './harness/eventually.js'
import {
  browserAudio,
  type PagePhone,
  type PagePhoneOptions,
  startPagePhone,
} from './harness/sip-js.js'
import { callerNumber, startTestbed, type Testbed } from './harness/testbed.js'

const password = 'a-phone-in-a-page'

/** SIP.js, over WebSocket; signalling only, as a browser's media wants DTLS. */
describe('a phone of SIP.js', () => {
  let bed: Testbed
  let phones: PagePhone[] = []
  beforeAll(async () => {
    bed = await startTestbed({
      DIALPLANE_SIP_USERS: `alice:${password},bob:${password}`,
      // It knows only this.
      DIALPLANE_SIP_DIGEST: 'MD5',
    })
  })
  afterEach(async () => {
    await Promise.all(phones.map((phone) => phone.close()))
    phones = []
  })
  afterAll(() => bed?.close())

  const phone = async (user: string, more: Partial<PagePhoneOptions> = {}) => {
    const url = `ws://127.0.0.1:${bed.router.httpPort}/sip`
    const started = await startPagePhone({ url, user, password, ...more })
    phones.push(started)
    return started
  }
  const uriOf = (user: string) => `sip:${user}@127.0.0.1:${bed.router.sipPort}`
  const bindings = async () => (await bed.router.sizes()).sipBindings

  it('registers by its password, and leaves', async () => {
    const alice = await phone('alice')
    expect(await alice.register()).toBe(200)
    expect(await bindings()).toBe(1)
    await alice.unregister()
    expect(await bindings()).toBe(0)
  })

  it('is refused with a wrong password, and as somebody else', async () => {
    const liar = await phone('alice', { password: 'wrong' })
    expect(await liar.register()).toBe(403)
    expect((await liar.call(bed.uriOf('+15550109999'))).status).toBe(403)
    expect(await bindings()).toBe(0)
  })

  it('calls a number, hears it, and is hung up', async () => {
    const number = await bed.number({ '/menu': '<Response><Gather timeout="1"/></Response>' })
    const alice = await phone('alice')
    const { session, status } = await alice.call(bed.uriOf(number))
    expect(status).toBe(200)
    await alice.ended(session)
    expect(alice.heardPackets()).toBeGreaterThan(10)
    expect((await bed.endedCall(number)).status).toBe('completed')
    const { parameters } = await bed.app.received('/menu')
    expect(parameters.From).toContain('alice')
  })

  it('calls a number and hangs up', async () => {
    const number = await bed.number({ '/waits': '<Response><Gather timeout="60"/></Response>' })
    const alice = await phone('alice')
    const { session, status } = await alice.call(bed.uriOf(number))
    expect(status).toBe(200)
    await eventually('packets', () => alice.heardPackets() > 0 || undefined)
    await session.bye()
    const { status: outcome, duration } = await bed.endedCall(number)
    expect(outcome).toBe('completed')
    expect(Number(duration)).toBeLessThan(30)
  })

  it('is refused with what a browser offers, as long as we know no DTLS', async () => {
    const number = await bed.number({ '/never': '<Response/>' })
    const alice = await phone('alice', { describe: browserAudio })
    expect((await alice.call(bed.uriOf(number))).status).toBe(488)
    expect(bed.app.to('/never')).toEqual([])
  })

  it('is called over its connection, answers, and hangs up', async () => {
    const [alice, bob] = [await phone('alice'), await phone('bob')]
    expect(await bob.register()).toBe(200)
    const number = await bed.number({
      '/dial': '<Response><Dial action="/dial/done"><Client>bob</Client></Dial></Response>',
      '/dial/done': '<Response><Hangup/></Response>',
    })
    const calling = alice.call(bed.uriOf(number))
    const invitation = await eventually('the call', () => bob.invitations[0])
    expect(invitation.request.getHeader('Contact')).toMatch(/transport=ws\b/)
    await invitation.accept()
    const { session, status } = await calling
    expect(status).toBe(200)
    await bed.app.received('/dial')
    await invitation.bye()
    const { parameters } = await bed.app.received('/dial/done')
    // Whether they were connected before the BYE is a matter of milliseconds.
    expect(parameters.DialCallStatus).toBe('completed')
    await alice.ended(session)
  })

  it('is called, and is hung up when the caller goes', async () => {
    const bob = await phone('bob')
    expect(await bob.register()).toBe(200)
    const { sid } = await bed.client.calls.create({
      to: 'client:bob',
      from: callerNumber,
      twiml: '<Response><Gather timeout="60"/></Response>',
    })
    const invitation = await eventually('the call', () => bob.invitations[0])
    await invitation.accept()
    await eventually('packets', () => bob.heardPackets() > 10 || undefined)
    await bed.client.calls(sid).update({ status: 'completed' })
    await bob.ended(invitation)
    const { status } = await bed.client.calls(sid).fetch()
    expect(status).toBe('completed')
  })

  it('is called and refuses; or the caller gives up first', async () => {
    const [alice, bob] = [await phone('alice'), await phone('bob')]
    expect(await bob.register()).toBe(200)
    const number = await bed.number({
      '/ring': '<Response><Dial action="/ring/done"><Client>bob</Client></Dial></Response>',
      '/ring/done': '<Response><Hangup/></Response>',
    })
    const refused = alice.call(bed.uriOf(number))
    const first = await eventually('the call', () => bob.invitations[0])
    await first.reject({ statusCode: 486 })
    await bed.app.received('/ring/done', ({ parameters }) => parameters.DialCallStatus === 'busy')
    await alice.ended((await refused).session)
    const { session } = await alice.call(bed.uriOf(number))
    const second = await eventually('the second call', () => bob.invitations[1])
    await session.bye()
    await bob.ended(second)
    const [child] = await bed.client.calls.list({ to: 'client:bob', limit: 1 })
    expect(child?.status).toBe('canceled')
  })

  it('writes to another, which answers', async () => {
    const [alice, bob] = [await phone('alice'), await phone('bob')]
    expect(await bob.register()).toBe(200)
    expect(await alice.register()).toBe(200)
    expect(await alice.write(uriOf('bob'), 'See you at five')).toBe(200)
    expect(await bob.write(uriOf('alice'), 'Fine')).toBe(200)
    expect([alice.messages, bob.messages]).toEqual([['Fine'], ['See you at five']])
  })

  it('is gone with its connection: nobody rings it any more', async () => {
    const bob = await phone('bob')
    expect(await bob.register()).toBe(200)
    expect(await bindings()).toBe(1)
    await bob.close()
    phones = []
    await eventually('the binding to end', async () => (await bindings()) === 0 || undefined)
    const number = await bed.number({
      '/gone': '<Response><Dial action="/gone/done"><Client>bob</Client></Dial></Response>',
      '/gone/done': '<Response><Hangup/></Response>',
    })
    const alice = await phone('alice')
    const { session } = await alice.call(bed.uriOf(number))
    const { parameters } = await bed.app.received('/gone/done')
    expect(parameters).toMatchObject({ DialCallStatus: 'no-answer' })
    await alice.ended(session)
  })

  it('leaves nothing behind, and its password is in no log', async () => {
    await bed.quiet()
    expect(bed.router.log()).not.toContain(password)
  })
})
