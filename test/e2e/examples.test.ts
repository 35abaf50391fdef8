import { fileURLToPath } from 'node:url'
import type { Session } from 'sip.js'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { eventually } from './harness/eventually.js'
import { toneAmongSeconds, toneSeconds } from './harness/measure.js'
import { freePort } from './harness/ports.js'
import { type Peer, startPeer } from './harness/processes.js'
import { type PagePhone, startPagePhone } from './harness/sip-js.js'
import { callerNumber, startTestbed, type Testbed } from './harness/testbed.js'

const password = 'a-phone-in-a-page'
const tones = { alice: 420, bob: 660, carol: 890 } as const
type User = keyof typeof tones

/** The programs of examples/, as they stand, with phones that call them. */
describe('the example', { timeout: 60_000 }, () => {
  let bed: Testbed
  const phones = new Map<User, PagePhone>()
  let peers: Peer[] = []
  let sessions: Session[] = []

  beforeAll(async () => {
    const users = Object.keys(tones) as User[]
    bed = await startTestbed({
      DIALPLANE_SIP_USERS: users.map((user) => `${user}:${password}`).join(','),
      // The phones know only this.
      DIALPLANE_SIP_DIGEST: 'MD5',
    })
    const url = `ws://127.0.0.1:${bed.router.httpPort}/sip`
    for (const user of users) {
      const phone = await startPagePhone({ url, user, password, toneHz: tones[user] })
      phones.set(user, phone)
      expect(await phone.register()).toBe(200)
    }
  })
  afterEach(async () => {
    for (const session of sessions) await session.bye().catch(() => {})
    await Promise.all(peers.map((peer) => peer.kill()))
    sessions = []
    peers = []
    await bed.quiet()
  })
  afterAll(async () => {
    for (const phone of phones.values()) await phone.close()
    await bed?.close()
  })

  /** Starts the program; resolves with where it listens. */
  const run = async (name: string, more: { readonly [name: string]: string } = {}) => {
    const port = await freePort()
    const file = fileURLToPath(new URL(`../../examples/${name}.mjs`, import.meta.url))
    const peer = startPeer(process.execPath, [file], {
      secondsMax: 60,
      env: {
        PATH: process.env.PATH,
        PORT: String(port),
        TWILIO_AUTH_TOKEN: bed.router.authToken,
        TWILIO_ACCOUNT_SID: bed.router.accountSid,
        DIALPLANE_URL: bed.router.baseUrl,
        ...more,
      },
    })
    peers.push(peer)
    await eventually('the example', () => peer.output().includes('listening') || undefined)
    return `http://127.0.0.1:${port}`
  }
  let numbers = 0
  const numberFor = async (voiceUrl: string, more: object = {}) => {
    const phoneNumber = `+1555031${String(numbers++).padStart(4, '0')}`
    await bed.client.incomingPhoneNumbers.create({ phoneNumber, voiceUrl, ...more })
    return phoneNumber
  }
  const phone = (user: User) => phones.get(user) as PagePhone
  const calls = async (user: User, number: string) => {
    const { session, status } = await phone(user).call(bed.uriOf(number))
    expect(status).toBe(200)
    sessions.push(session)
    return session
  }
  /** Call it to answer the next call that comes from now on. */
  const willAnswer = (user: User) => {
    const known = phone(user).invitations.length
    return async () => {
      const invitation = await eventually('a call', () => phone(user).invitations[known])
      await invitation.accept()
      sessions.push(invitation)
      return invitation
    }
  }
  const soundOf = (user: User, session: Session) =>
    eventually('sound', () => phone(user).soundOf(session))
  const hears = async (user: User, session: Session, whom: User) => {
    const sound = await soundOf(user, session)
    await eventually(
      `${whom}`,
      () => toneAmongSeconds(sound.heard(), tones[whom]) > 0.8 || undefined,
      15,
    )
  }
  /** What documents the call got, put together. */
  const documents = async (to: string) => {
    const [call] = await bed.client.calls.list({ to, limit: 1 })
    const events = await bed.client.calls(call?.sid ?? '').events.list()
    return JSON.stringify(events.map(({ response }) => response))
  }
  const json = async (url: string) => (await fetch(url)).json()

  it.each([
    ['hello', 'welcome to your own telephone company'],
    ['verified', 'You call from'],
  ])('%s speaks to a caller', async (name, words) => {
    const number = await numberFor(`${await run(name)}/voice`)
    const session = await calls('alice', number)
    await phone('alice').ended(session)
    expect(await documents(number)).toContain(words)
  })

  it.each([
    ['in office hours', { OPENS: '0', CLOSES: '24' }],
    ['at other hours', { OPENS: '0', CLOSES: '0' }],
  ])('forward rings the phone that is right %s', async (_when, hours) => {
    const url = await run('forward', { OFFICE: 'client:bob', ELSE: 'client:carol', ...hours })
    const number = await numberFor(`${url}/voice`)
    const user = hours.CLOSES === '24' ? 'bob' : 'carol'
    const answered = willAnswer(user)
    const calling = calls('alice', number)
    await answered()
    await hears('alice', await calling, user)
  })

  it('voicemail takes a message when nobody comes to the phone', async () => {
    const url = await run('voicemail', { PHONE: 'bob' })
    const session = await calls('alice', await numberFor(`${url}/voice`))
    const events = async () => (await bed.client.calls.list({ status: 'no-answer' })).length
    await eventually('no answer', async () => (await events()) > 0 || undefined, 15)
    const isRecording = async () =>
      (await bed.client.recordings.list()).some(({ status }) => status === 'in-progress')
    await eventually('the recording', async () => (await isRecording()) || undefined)
    await new Promise((resolve) => setTimeout(resolve, 2_000))
    await session.bye()
    const messages = await eventually('the message', async () => {
      const list = (await json(`${url}/messages`)) as { url: string; seconds: number }[]
      return list.length > 0 ? list : undefined
    })
    expect(messages[0]?.seconds).toBeGreaterThanOrEqual(1)
    expect(messages[0]?.url).toMatch(/\/Recordings\/RE[0-9a-f]{32}\.mp3$/)
  })

  it.each(['screening', 'find-me'])('%s connects who presses 1', async (name) => {
    const url = await run(name, { PHONE: 'bob', PHONES: 'bob,carol' })
    const number = await numberFor(`${url}/voice`)
    const answered = willAnswer('bob')
    const session = await calls('alice', number)
    const invitation = await answered()
    const sound = await soundOf('bob', invitation)
    await eventually('the question', () => sound.heardPackets() > 25 || undefined)
    await phone('bob').press(invitation, '1')
    await hears('alice', session, 'bob')
    await hears('bob', invitation, 'alice')
  })

  it('conference begins and ends with its moderator', async () => {
    const url = await run('conference')
    const number = await numberFor(`${url}/voice`)
    const keyed = async (user: User, pin: string) => {
      const session = await calls(user, number)
      await phone(user).press(session, pin)
      return session
    }
    const alice = await keyed('alice', '1234')
    const bob = await keyed('bob', '9876')
    await hears('alice', alice, 'bob')
    await hears('bob', bob, 'alice')
    await bob.bye()
    await phone('alice').ended(alice)
    const log = await eventually('the end', async () => {
      const list = (await json(`${url}/log`)) as { event: string }[]
      return list.some(({ event }) => event === 'conference-end') ? list : undefined
    })
    expect(log.map(({ event }) => event)).toEqual([
      ...['participant-join', 'participant-join', 'conference-start'],
      ...['participant-leave', 'participant-leave', 'conference-end'],
    ])
  })

  it('queue connects agents with callers', async () => {
    const url = await run('queue')
    const caller = await calls('alice', await numberFor(`${url}/voice`))
    const agent = await calls('bob', await numberFor(`${url}/agent`))
    await hears('bob', agent, 'alice')
    await hears('alice', caller, 'bob')
  })

  it('callback calls who has asked for it', async () => {
    const url = await run('callback', { PHONE: 'bob' })
    const number = await numberFor(`${url}/voice`, { statusCallback: `${url}/status` })
    const [aliceAnswers, bobAnswers] = [willAnswer('alice'), willAnswer('bob')]
    const session = await calls('alice', number)
    await phone('alice').press(session, '1')
    await phone('alice').ended(session)
    const back = await aliceAnswers()
    await bobAnswers()
    await hears('alice', back, 'bob')
  })

  it('click-to-call connects two phones', async () => {
    const url = await run('click-to-call', { NUMBER: callerNumber })
    expect(await (await fetch(url)).text()).toContain('<form')
    const [aliceAnswers, bobAnswers] = [willAnswer('alice'), willAnswer('bob')]
    const body = new URLSearchParams({ mine: 'alice', theirs: 'bob' })
    await fetch(`${url}/call`, { method: 'POST', body })
    const mine = await aliceAnswers()
    await bobAnswers()
    await hears('alice', mine, 'bob')
  })

  it('record-calls keeps a conversation in two channels', async () => {
    const url = await run('record-calls', { PHONE: 'bob' })
    const bobAnswers = willAnswer('bob')
    const session = await calls('alice', await numberFor(`${url}/voice`))
    await bobAnswers()
    await hears('alice', session, 'bob')
    await session.bye()
    const [kept] = await eventually('the recording', async () => {
      const list = (await json(`${url}/recordings`)) as { [name: string]: string }[]
      return list.length > 0 ? list : undefined
    })
    expect(kept).toMatchObject({ RecordingChannels: '2' })
    const { samples } = await bed.recording(`${kept?.RecordingUrl}.wav?RequestedChannels=2`)
    const side = (index: number) => samples.filter((_one, at) => at % 2 === index)
    expect(toneSeconds(side(0), tones.alice)).toBeGreaterThan(0.5)
    expect(toneSeconds(side(1), tones.bob)).toBeGreaterThan(0.5)
  })

  it('survey asks its questions and keeps the answers', async () => {
    const url = await run('survey')
    const session = await calls('alice', await numberFor(`${url}/voice`))
    for (const [index, digit] of ['5', '3', '1'].entries()) {
      const [call] = await bed.client.calls.list({ status: 'in-progress' })
      const asked = async () =>
        (await bed.client.calls(call?.sid ?? '').events.list()).length > index || undefined
      await eventually('the question', asked)
      await new Promise((resolve) => setTimeout(resolve, 500))
      await phone('alice').press(session, digit)
    }
    await phone('alice').ended(session)
    expect(await json(`${url}/results`)).toEqual([[5, 3, 1]])
  })

  it('supervisor lets the agent alone hear who coaches', async () => {
    const url = await run('supervisor')
    const customer = await calls('alice', await numberFor(`${url}/voice`))
    const agent = await calls('bob', await numberFor(`${url}/agent`))
    await hears('bob', agent, 'alice')
    const coach = await calls('carol', await numberFor(`${url}/supervisor`))
    await hears('bob', agent, 'carol')
    await hears('carol', coach, 'alice')
    const sound = await soundOf('alice', customer)
    expect(toneSeconds(sound.heard(), tones.carol)).toBe(0)
  })
})
