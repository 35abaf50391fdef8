import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Certificate, makeCertificate } from '../net/certificates.js'
import {
  answer,
  expectAnswer,
  fromCallee,
  fromCaller,
  ignoreAnswer,
  pause,
  take,
  takeInvite,
} from '../sip/sipp-scenario.js'
import { startBaresip } from './harness/baresip.js'
import { call } from './harness/caller.js'
import { eventually } from './harness/eventually.js'
import { platformRequest, startGateway } from './harness/gateways.js'
import { toneSeconds } from './harness/measure.js'
import { needs } from './harness/needs.js'
import { freePort } from './harness/ports.js'
import { callWithSipp, type SippOptions, startSippServer } from './harness/sipp.js'
import { startTestbed, type Testbed } from './harness/testbed.js'

const realm = 'pbx.example'
const password = 'IWasAtSignal2018'
const prefix = '+15550601'

/** Steps of a PBX that calls a number at its trunk, instead of our address. */
const atTrunk = (name: string, steps: readonly string[]) =>
  steps.map((step) =>
    step.replaceAll('[service]@[remote_ip]:[remote_port]', `[service]@${name}.${realm}`),
  )

const ringing = [ignoreAnswer(100), ignoreAnswer(180), ignoreAnswer(183)]
const talks = (talkMs: number) => [
  expectAnswer(200),
  fromCaller('ACK', 1),
  pause(talkMs),
  fromCaller('BYE', 2),
  expectAnswer(200),
]
const invites = fromCaller('INVITE', 1, { sdp: true })
const calls = [invites, ...ringing, ...talks(200)]
/** A refusal is acknowledged in the transaction of the INVITE. */
const isRefused = (status: number) => [
  invites,
  ...ringing,
  expectAnswer(status),
  fromCaller('ACK', 1, { branch: '[branch-5]' }),
]

interface TrunkOptions {
  readonly addresses?: readonly string[]
  readonly users?: readonly string[]
  readonly urls?: readonly { port: number; priority: number }[]
  readonly settings?: object
}

let lists = 0

/** A trunk with all that is said of it. */
async function makeTrunk(
  { client }: Testbed,
  name: string,
  { addresses, users, urls = [], settings = {} }: TrunkOptions,
) {
  const trunk = await client.trunking.v1.trunks.create({ domainName: name, ...settings })
  const { credentialsLists, ipAccessControlLists, originationUrls, phoneNumbers } =
    client.trunking.v1.trunks(trunk.sid)
  if (users) {
    const list = await client.sip.credentialLists.create({ friendlyName: `list ${lists++}` })
    const { credentials } = client.sip.credentialLists(list.sid)
    for (const username of users) await credentials.create({ username, password })
    await credentialsLists.create({ credentialListSid: list.sid })
  }
  if (addresses) {
    const list = await client.sip.ipAccessControlLists.create({ friendlyName: `list ${lists++}` })
    const { ipAddresses } = client.sip.ipAccessControlLists(list.sid)
    for (const ipAddress of addresses) await ipAddresses.create({ friendlyName: 'x', ipAddress })
    await ipAccessControlLists.create({ ipAccessControlListSid: list.sid })
  }
  for (const { port, priority } of urls) {
    const sipUrl = `sip:127.0.0.1:${port}`
    await originationUrls.create({
      ...{ friendlyName: name, weight: 1, enabled: true },
      sipUrl,
      priority,
    })
  }
  return {
    sid: trunk.sid,
    /** A number whose calls go to the PBX. */
    async number(phoneNumber: string) {
      const { sid } = await client.incomingPhoneNumbers.create({ phoneNumber })
      await phoneNumbers.create({ phoneNumberSid: sid })
      return phoneNumber
    },
  }
}

describe.skipIf(!needs('sipp'))('customers’ trunks', { timeout: 60_000 }, () => {
  let bed: Testbed
  const undo: (() => unknown)[] = []
  beforeAll(async () => {
    bed = await startTestbed({
      DIALPLANE_SIP_REALM: realm,
      DIALPLANE_SIP_DIGEST: 'MD5',
      // Nobody who calls from 127.0.0.1 is trusted by us; carriers come from 127.0.0.9.
      DIALPLANE_TRUSTED_SIP: '127.0.0.9/32',
      DIALPLANE_ALLOW_NUMBERS: '+1555',
    })
  })
  afterAll(async () => {
    for (const one of undo.splice(0).reverse()) await one()
    await bed?.close()
  })

  const peer = async (scenario: string, more?: Partial<SippOptions>) => {
    const started = await startGateway(bed, scenario, more)
    undo.push(() => started.kill())
    return started
  }
  /** The carrier for numbers that begin so. */
  const carrier = async (Prefix: string, scenario: string, more?: Partial<SippOptions>) => {
    const started = await peer(scenario, { localAddress: '127.0.0.8', ...more })
    await platformRequest(bed, '/Gateways', { Uri: `sip:127.0.0.8:${started.port}`, Prefix })
    return started
  }
  const pbx = (name: string, number: string, steps: readonly string[], more?: object) =>
    callWithSipp(bed.router.sipPort, number, {
      scenario: { name, steps: atTrunk(name, steps) },
      cwd: bed.directory,
      ...more,
    })
  /** The carrier's caller of a number of ours. */
  const world = (name: string, number: string, steps: readonly string[]) =>
    callWithSipp(bed.router.sipPort, number, {
      scenario: { name, steps },
      cwd: bed.directory,
      localAddress: '127.0.0.9',
    })
  const recordsOf = (to: string, direction: string) =>
    eventually(`the ${direction} call to ${to} to end`, async () => {
      const found = (await bed.client.calls.list({ to })).find((one) => one.direction === direction)
      return found && ['completed', 'busy', 'failed', 'no-answer'].includes(found.status)
        ? found
        : undefined
    })

  it('a PBX at a listed address calls numbers through the gateways', async () => {
    const gateway = await carrier(`${prefix}0`, 'called-answers')
    const { sid } = await makeTrunk(bed, 'listed', { addresses: ['127.0.0.1'] })
    const to = `${prefix}0001`
    await pbx('listed', to, calls)
    expect(gateway.invites()).toEqual([`sip:${to}@127.0.0.8:${gateway.port}`])
    const parent = await recordsOf(to, 'trunking-terminating')
    expect(parent).toMatchObject({ status: 'completed', trunkSid: sid })
    const child = await recordsOf(to, 'outbound-dial')
    expect(child).toMatchObject({ status: 'completed', parentCallSid: parent.sid })
    await bed.quiet()
  })

  it('a PBX proves a credential, and strangers learn nothing', async () => {
    const gateway = await carrier(`${prefix}1`, 'called-hangs-up', { values: { talkMs: '200' } })
    await makeTrunk(bed, 'proven', { users: ['office'] })
    await makeTrunk(bed, 'elsewhere', { addresses: ['192.0.2.7'] })
    const to = `${prefix}1001`
    const uri = (name: string) => `sip:${to}@${name}.${realm}:${bed.router.sipPort};maddr=127.0.0.1`
    const refusal = async (name: string, user?: string) => {
      const { output } = await call(uri(name), user === undefined ? {} : { user })
      return /refused: (\d+)/.exec(output)?.[1]
    }
    expect(await refusal('proven')).toBe('401')
    expect(await refusal('elsewhere')).toBe('401')
    expect(await refusal('nowhere')).toBe('401')
    expect(await refusal('proven', `office:${password}x`)).toBe('403')
    expect(await refusal('elsewhere', `office:${password}`)).toBe('403')
    expect(gateway.invites()).toEqual([])
    const { code } = await call(uri('proven'), { user: `office:${password}` })
    expect(code).toBe(0)
    expect(gateway.invites()).toHaveLength(1)
  })

  it.each([
    ['486 Busy Here', 486, 'busy'],
    ['404 Not Found', 404, 'failed'],
    ['503 Full', 503, 'failed'],
    ['401 Unauthorized', 502, 'failed'],
  ])('a PBX hears that the number is %s as %i', async (status, heard, shown) => {
    const number = `${prefix}2${heard}`
    await carrier(number, 'called-refuses', { values: { status } })
    const name = `hears${heard}`
    await makeTrunk(bed, name, { addresses: ['127.0.0.1'] })
    await pbx(name, number, isRefused(heard))
    expect((await recordsOf(number, 'trunking-terminating')).status).toBe(shown)
  })

  it('a PBX may call no more than its account, and numbers alone', async () => {
    await carrier('+882', 'called-answers')
    await makeTrunk(bed, 'fraud', { addresses: ['127.0.0.1'] })
    await pbx('fraud', '+882160000000', isRefused(403))
    await pbx('fraud', 'somebody', isRefused(404))
    await makeTrunk(bed, 'vault', { addresses: ['127.0.0.1'], settings: { secure: true } })
    await pbx('vault', `${prefix}0002`, isRefused(401))
  })

  it('a PBX hears early media', async () => {
    const wave = [255, 154, 141, 134, 132, 134, 141, 154, 255, 26, 13, 6, 4, 6, 13, 26]
    const announcement = Buffer.from(Array.from({ length: 5000 }, () => wave).flat())
    writeFileSync(bed.path('announcement.ulaw'), announcement)
    await carrier(`${prefix}3`, 'called-announces', { values: { status: '404' } })
    const { sid } = await makeTrunk(bed, 'early', { addresses: ['127.0.0.1'] })
    const recording = bed.client.trunking.v1.trunks(sid).recordings()
    await recording.update({ mode: 'record-from-ringing-dual' })
    const to = `${prefix}3001`
    await pbx('early', to, [
      invites,
      ignoreAnswer(100),
      '<recv response="183" rrs="true"><action><ereg regexp="m=audio" search_in="body" check_it="true" assign_to="media"/></action></recv>',
      expectAnswer(404),
      fromCaller('ACK', 1, { branch: '[branch-3]' }),
    ])
    const parent = await recordsOf(to, 'trunking-terminating')
    const [made] = await bed.client.recordings.list({ callSid: parent.sid })
    expect(made).toMatchObject({ channels: 2, source: 'Trunking', status: 'completed' })
    const { samples } = await bed.recording(`${made?.mediaUrl}.wav?RequestedChannels=1`)
    expect(toneSeconds(samples, 500)).toBeGreaterThan(2)
  })

  it('a number rings the second URL of its trunk when the first is full', async () => {
    const full = await peer('called-refuses', { values: { status: '503 Full' } })
    const second = await peer('called-answers')
    const trunk = await makeTrunk(bed, 'failover', {
      urls: [
        { port: second.port, priority: 20 },
        { port: full.port, priority: 10 },
      ],
    })
    const number = await trunk.number(`${prefix}4001`)
    await world('failover', number, calls)
    expect([full.invites(), second.invites()]).toEqual([
      [`sip:${number}@127.0.0.1:${full.port}`],
      [`sip:${number}@127.0.0.1:${second.port}`],
    ])
    expect(await recordsOf(number, 'trunking-originating')).toMatchObject({
      ...{ status: 'completed', trunkSid: trunk.sid },
    })
    // It is known to be dead now: the second comes first.
    await world('failover', number, calls)
    expect([full.invites().length, second.invites().length]).toEqual([1, 2])
  })

  it('a busy PBX is busy', async () => {
    const busy = await peer('called-refuses', { values: { status: '486 Busy Here' } })
    const other = await peer('called-answers')
    bed.app.on('/not-busy', '<Response><Hangup/></Response>')
    const trunk = await makeTrunk(bed, 'busy', {
      urls: [
        { port: busy.port, priority: 1 },
        { port: other.port, priority: 2 },
      ],
      settings: { disasterRecoveryUrl: bed.app.url('/not-busy') },
    })
    await world('busy', await trunk.number(`${prefix}5001`), isRefused(486))
    expect(other.invites()).toEqual([])
    expect(bed.app.to('/not-busy')).toEqual([])
  })

  it('when no URL takes a call the disaster recovery does, and else nobody', async () => {
    const down = await peer('called-refuses', { values: { status: '500 Down' } })
    bed.app.on('/disaster', '<Response><Gather timeout="1"/></Response>')
    const trunk = await makeTrunk(bed, 'disaster', {
      urls: [{ port: down.port, priority: 1 }],
      settings: { disasterRecoveryUrl: bed.app.url('/disaster'), disasterRecoveryMethod: 'GET' },
    })
    const number = await trunk.number(`${prefix}6001`)
    const steps = [invites, ...ringing, expectAnswer(200), fromCaller('ACK', 1), take('BYE')]
    await world('disaster', number, [...steps, answer(200)])
    const { method, parameters } = await bed.app.received('/disaster')
    expect(method).toBe('GET')
    expect(parameters).toMatchObject({ To: number, Direction: 'trunking-originating' })
    await bed.client.trunking.v1.trunks(trunk.sid).update({ disasterRecoveryUrl: '' })
    await world('disaster', number, isRefused(500))
    const empty = await makeTrunk(bed, 'empty', {})
    await world('empty', await empty.number(`${prefix}6002`), isRefused(503))
  })

  it('a PBX transfers who it talks with, where the trunk allows it', async () => {
    const [first, second] = [
      await carrier(`${prefix}7`, 'called-answers'),
      await carrier(`${prefix}8`, 'called-hangs-up', { values: { talkMs: '200' } }),
    ]
    const to = `${prefix}7001`
    const party = `${prefix}8001`
    const transfers = (name: string, more: readonly string[]) => [
      ...[invites, ...ringing, expectAnswer(200), fromCaller('ACK', 1), pause(200)],
      fromCaller('REFER', 2, { headers: [`Refer-To: <sip:${party}@${name}.${realm}>`] }),
      ...more,
    ]
    await makeTrunk(bed, 'stays', { addresses: ['127.0.0.1'] })
    const declined = [expectAnswer(603), fromCaller('BYE', 3), expectAnswer(200)]
    await pbx('stays', to, transfers('stays', declined))
    await makeTrunk(bed, 'siponly', {
      ...{ addresses: ['127.0.0.1'], settings: { transferMode: 'sip-only' } },
    })
    await pbx('siponly', to, transfers('siponly', declined))
    expect(second.invites()).toEqual([])
    await makeTrunk(bed, 'moves', {
      ...{ addresses: ['127.0.0.1'], settings: { transferMode: 'enable-all' } },
    })
    const done = [
      ...[expectAnswer(202), take('NOTIFY'), answer(200), take('NOTIFY'), answer(200)],
      ...[take('BYE'), answer(200)],
    ]
    await pbx('moves', to, transfers('moves', done))
    expect(await recordsOf(party, 'outbound-dial')).toMatchObject({ from: to, status: 'completed' })
    expect([first.invites().length, second.invites().length]).toEqual([3, 1])
    await bed.quiet()
  })

  it('a PBX transfers who has called it, with its own number', async () => {
    const party = `${prefix}9001`
    const third = await carrier(`${prefix}9`, 'called-hangs-up', { values: { talkMs: '200' } })
    const port = await freePort()
    const steps = [
      ...[takeInvite, answer(180, { tag: true }), answer(200, { tag: true, sdp: true })],
      ...[take('ACK'), pause(200)],
      fromCallee('REFER', 2, { headers: [`Refer-To: <sip:${party}@leaves.${realm}>`] }),
      ...[expectAnswer(202), take('NOTIFY'), answer(200), take('NOTIFY'), answer(200)],
      ...[take('BYE'), answer(200)],
    ]
    const office = await startSippServer({
      ...{ scenario: { name: 'leaves', steps }, cwd: bed.directory, port },
    })
    const trunk = await makeTrunk(bed, 'leaves', {
      urls: [{ port, priority: 1 }],
      settings: { transferMode: 'enable-all', transferCallerId: 'from-transferor' },
    })
    const number = await trunk.number(`${prefix}5002`)
    const stays = [invites, ...ringing, expectAnswer(200), fromCaller('ACK', 1)]
    await world('who-stays', number, [...stays, take('BYE'), answer(200)])
    expect((await office.finished).code).toBe(0)
    expect(third.invites()).toHaveLength(1)
    const child = await recordsOf(party, 'outbound-dial')
    expect(child).toMatchObject({ from: number, status: 'completed' })
    await bed.quiet()
  })
})

describe.skipIf(!needs('sipp', 'baresip', 'openssl'))('a secure trunk', { timeout: 60_000 }, () => {
  let directory: string
  let certificate: Certificate
  let bed: Testbed
  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'dialplane-trunking-e2e-'))
    certificate = makeCertificate(directory, 'router', 'IP:127.0.0.1,DNS:localhost')
    bed = await startTestbed({
      DIALPLANE_SIP_REALM: realm,
      DIALPLANE_TRUSTED_SIP: '192.0.2.0/24',
      DIALPLANE_TLS_CERT: certificate.file,
      DIALPLANE_TLS_KEY: certificate.keyFile,
    })
  })
  afterAll(async () => {
    await bed?.close()
    rmSync(directory, { recursive: true })
  })

  it('takes calls over TLS with SRTP alone', async () => {
    const gateway = await startGateway(bed, 'called-answers')
    const Uri = `sip:127.0.0.1:${gateway.port}`
    await platformRequest(bed, '/Gateways', { Uri, Prefix: prefix })
    await makeTrunk(bed, 'vault', { addresses: ['127.0.0.1'], settings: { secure: true } })
    const phone = async (name: string, account: string) => {
      const started = await startBaresip(bed.path(name), {
        account: `outbound="sip:127.0.0.1:${bed.router.sipsPort};transport=tls"${account}`,
        settings: [`sip_cafile ${certificate.file}`],
      })
      started.dial(`sip:${prefix}0003@vault.${realm};transport=tls`)
      return started
    }
    const open = await phone('open', '')
    const secret = await phone('secret', ';mediaenc=srtp-mand')
    try {
      await open.event('CALL_CLOSED')
      expect(open.output()).toContain('488')
      await secret.event('CALL_ESTABLISHED')
      expect(gateway.invites()).toEqual([`sip:${prefix}0003@127.0.0.1:${gateway.port}`])
      secret.hangUp()
      await secret.event('CALL_CLOSED')
      await bed.quiet()
    } finally {
      await Promise.all([open.kill(), secret.kill(), gateway.kill()])
    }
  })
})
