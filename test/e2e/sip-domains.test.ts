import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Certificate, makeCertificate } from '../net/certificates.js'
import { answer, expectAnswer, fromCaller } from '../sip/sipp-scenario.js'
import { startBaresip } from './harness/baresip.js'
import { call } from './harness/caller.js'
import { eventually } from './harness/eventually.js'
import { platformRequest } from './harness/gateways.js'
import { needs } from './harness/needs.js'
import { callWithSipp, startSippCaller } from './harness/sipp.js'
import { callerNumber, startTestbed, type Testbed } from './harness/testbed.js'

const realm = 'pbx.example'
const password = 'IWasAtSignal2018'
const hangup = '<Response><Hangup/></Response>'
const listens = '<Response><Gather timeout="1"/></Response>'

/** Everything that an account says of one domain, made at once. */
async function makeDomain(
  bed: Testbed,
  name: string,
  { addresses, users, devices, secure }: DomainOptions,
) {
  const { sip } = bed.client
  bed.app.on(`/${name}`, listens)
  bed.app.on(`/${name}/status`, '')
  const domain = await sip.domains.create({
    domainName: name,
    voiceUrl: bed.app.url(`/${name}`),
    voiceStatusCallbackUrl: bed.app.url(`/${name}/status`),
    sipRegistration: devices !== undefined,
    secure: secure === true,
  })
  const { calls, registrations } = sip.domains(domain.sid).auth
  const credentialsOf = async (friendlyName: string, usernames: readonly string[]) => {
    const list = await sip.credentialLists.create({ friendlyName })
    const { credentials } = sip.credentialLists(list.sid)
    const sids: string[] = []
    for (const username of usernames) {
      sids.push((await credentials.create({ username, password })).sid)
    }
    return { list, forget: (index: number) => credentials(sids[index] ?? '').remove() }
  }
  const callers = users && (await credentialsOf(`${name} callers`, users))
  if (callers) {
    await calls.credentialListMappings.create({ credentialListSid: callers.list.sid })
  }
  const phones = devices && (await credentialsOf(`${name} phones`, devices))
  if (phones) {
    await registrations.credentialListMappings.create({ credentialListSid: phones.list.sid })
  }
  const list =
    addresses && (await sip.ipAccessControlLists.create({ friendlyName: `${name} addresses` }))
  if (list) {
    const { ipAddresses } = sip.ipAccessControlLists(list.sid)
    for (const ipAddress of addresses) await ipAddresses.create({ friendlyName: 'x', ipAddress })
    await calls.ipAccessControlListMappings.create({ ipAccessControlListSid: list.sid })
  }
  return { domain, callers, phones, list }
}

interface DomainOptions {
  readonly addresses?: readonly string[]
  readonly users?: readonly string[]
  readonly devices?: readonly string[]
  readonly secure?: boolean
}

/** What it says in the DNS is not the matter here. */
const uriAt = (bed: Testbed, name: string, user = 'anyone') =>
  `sip:${user}@${name}.${realm}:${bed.router.sipPort};maddr=127.0.0.1`

const settings = {
  // Nobody who calls here comes from there.
  DIALPLANE_TRUSTED_SIP: '192.0.2.0/24',
  DIALPLANE_SIP_REALM: realm,
}

describe('calls to a SIP domain', () => {
  let bed: Testbed
  beforeAll(async () => {
    bed = await startTestbed(settings)
  })
  afterAll(() => bed?.close())

  const refusal = async (name: string, user?: string) => {
    const { code, output } = await call(uriAt(bed, name), user === undefined ? {} : { user })
    expect(code).toBe(1)
    return /refused: (\d+)/.exec(output)?.[1]
  }

  it('come from a listed address, run its application, and are shown by REST', async () => {
    const { domain, list } = await makeDomain(bed, 'listed', { addresses: ['127.0.0.1'] })
    const from = 'sip:+15550100@caller.example'
    const { code } = await call(uriAt(bed, 'listed', 'any.one'), { from })
    expect(code).toBe(0)
    const { parameters } = await bed.app.received('/listed')
    expect(parameters).toMatchObject({
      From: from,
      To: 'sip:any.one@listed.pbx.example',
      Called: 'sip:any.one@listed.pbx.example',
      SipDomain: 'listed.pbx.example',
      SipDomainSid: domain.sid,
      SipCallId: expect.any(String),
      Direction: 'inbound',
    })
    const status = await bed.app.received('/listed/status')
    expect(status.parameters).toMatchObject({ CallStatus: 'completed', SipDomainSid: domain.sid })
    expect(await bed.endedCall('sip:any.one@listed.pbx.example')).toMatchObject({
      ...{ from, phoneNumberSid: null, status: 'completed', sid: parameters.CallSid },
    })
    const { ipAddresses } = bed.client.sip.ipAccessControlLists(list?.sid ?? '')
    const [address] = await ipAddresses.list()
    await ipAddresses(address?.sid ?? '').remove()
    expect(await refusal('listed')).toBe('401')
  })

  it('are refused to strangers, who do not learn which domains there are', async () => {
    await makeDomain(bed, 'closed', {})
    await makeDomain(bed, 'other-sites', { addresses: ['192.0.2.7'] })
    const names = ['closed', 'other-sites', 'nowhere']
    expect(await Promise.all(names.map((name) => refusal(name)))).toEqual(['401', '401', '401'])
    const guess = `alice:${password}`
    expect(await Promise.all(names.map((name) => refusal(name, guess)))).toEqual([
      ...['403', '403'],
      '403',
    ])
  })

  it('need address and credential where both are mapped', async () => {
    const users = ['alice']
    await makeDomain(bed, 'both', { users, addresses: ['127.0.0.1'] })
    await makeDomain(bed, 'both-elsewhere', { users, addresses: ['192.0.2.7'] })
    expect(await refusal('both')).toBe('401')
    expect(await refusal('both-elsewhere', `alice:${password}`)).toBe('403')
    const { code } = await call(uriAt(bed, 'both'), { user: `alice:${password}` })
    expect(code).toBe(0)
  })

  it('come over TLS alone where it is secure', async () => {
    await makeDomain(bed, 'secure', { users: ['alice'], secure: true })
    expect(await refusal('secure', `alice:${password}`)).toBe('403')
  })

  it('open neither numbers nor other domains', async () => {
    await makeDomain(bed, 'first', { users: ['alice'] })
    await makeDomain(bed, 'second', { users: ['bob'] })
    expect(await refusal('second', `alice:${password}`)).toBe('403')
    const number = await bed.number({ '/number': hangup })
    const { output } = await call(bed.uriOf(number), { user: `alice:${password}` })
    expect(output).toContain('refused: 403')
    expect(bed.app.to('/number')).toEqual([])
  })
})

describe.each(['MD5', 'SHA-256'])('callers with a credential, by %s', (algorithm) => {
  let bed: Testbed
  beforeAll(async () => {
    bed = await startTestbed({ ...settings, DIALPLANE_SIP_DIGEST: algorithm })
  })
  afterAll(() => bed?.close())

  it('are let in, until the credential is gone', async () => {
    const { callers } = await makeDomain(bed, 'acme', { users: ['alice', 'bob'] })
    const by = (user: string) => call(uriAt(bed, 'acme'), { user })
    expect((await by(`alice:${password}`)).code).toBe(0)
    expect((await bed.app.received('/acme')).parameters).toMatchObject({
      SipDomain: 'acme.pbx.example',
    })
    for (const wrong of [`alice:${password}x`, `mallory:${password}`]) {
      expect((await by(wrong)).output).toContain('refused: 403')
    }
    await callers?.forget(0)
    expect((await by(`alice:${password}`)).output).toContain('refused: 403')
    expect((await by(`bob:${password}`)).code).toBe(0)
    await bed.quiet()
  })
})

describe.skipIf(!needs('baresip'))('devices of a SIP domain', () => {
  let bed: Testbed
  beforeAll(async () => {
    // baresip of Debian 12 gives up where SHA-256 is offered beside it.
    bed = await startTestbed({ ...settings, DIALPLANE_SIP_DIGEST: 'MD5' })
  })
  afterAll(() => bed?.close())

  it('register, are called by name and domain, and go with their credential', async () => {
    const { phones } = await makeDomain(bed, 'phones', { devices: ['alice'] })
    const phone = await startBaresip(bed.path('alice'), {
      registers: `alice:${password}@phones.${realm}`,
      account: `outbound="sip:127.0.0.1:${bed.router.sipPort}";answermode=auto`,
    })
    try {
      await phone.registered()
      const alice = `sip:alice@phones.${realm}`
      const outcomeOf = async (to: string) => {
        const from = callerNumber
        const { sid } = await bed.client.calls.create({ to, from, twiml: listens })
        return eventually(`the call to ${to} to end`, async () => {
          const { status } = await bed.client.calls(sid).fetch()
          return ['completed', 'no-answer', 'failed'].includes(status) ? status : undefined
        })
      }
      expect(await outcomeOf(alice)).toBe('completed')
      await phone.event('CALL_CLOSED')

      bed.app.on('/dial/done', hangup)
      await makeDomain(bed, 'reception', { addresses: ['127.0.0.1'] })
      const dials = `<Response><Dial action="/dial/done" timeLimit="1"><Sip>${alice}</Sip></Dial></Response>`
      bed.app.on('/reception', dials)
      await call(uriAt(bed, 'reception'))
      expect((await bed.app.received('/dial/done')).parameters).toMatchObject({
        DialCallStatus: 'completed',
      })
      // <Client> names users of our own domain.
      expect(await outcomeOf('client:alice')).toBe('no-answer')
      expect((await bed.router.sizes()).sipBindings).toBe(1)
      await phones?.forget(0)
      expect((await bed.router.sizes()).sipBindings).toBe(0)
      expect(await outcomeOf(alice)).toBe('no-answer')
    } finally {
      await phone.kill()
    }
  })
})

describe.skipIf(!needs('baresip', 'openssl'))('a secure SIP domain', () => {
  let directory: string
  let certificate: Certificate
  let bed: Testbed
  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'dialplane-domains-e2e-'))
    certificate = makeCertificate(directory, 'router', 'IP:127.0.0.1,DNS:localhost')
    bed = await startTestbed({
      ...settings,
      DIALPLANE_TLS_CERT: certificate.file,
      DIALPLANE_TLS_KEY: certificate.keyFile,
    })
  })
  afterAll(async () => {
    await bed?.close()
    rmSync(directory, { recursive: true })
  })

  it('is called over TLS', async () => {
    await makeDomain(bed, 'vault', { addresses: ['127.0.0.1'], secure: true })
    const { output } = await call(uriAt(bed, 'vault'))
    expect(output).toContain('refused: 401')
    const phone = await startBaresip(bed.path('vault'), {
      account: `outbound="sip:127.0.0.1:${bed.router.sipsPort};transport=tls"`,
      settings: [`sip_cafile ${certificate.file}`],
    })
    try {
      phone.dial(`sip:anyone@vault.${realm};transport=tls`)
      await phone.event('CALL_ESTABLISHED')
      const { parameters } = await bed.app.received('/vault')
      expect(parameters).toMatchObject({ SipDomain: `vault.${realm}` })
      await phone.event('CALL_CLOSED')
    } finally {
      await phone.kill()
    }
  })
})

describe.skipIf(!needs('sipp'))('mailboxes', () => {
  let bed: Testbed
  beforeAll(async () => {
    bed = await startTestbed({ DIALPLANE_SIP_REALM: realm })
  })
  afterAll(() => bed?.close())

  const takesSummary = (waiting: string, counts: string) =>
    [
      '<recv request="NOTIFY"><action>',
      `<ereg regexp="Messages-Waiting: ${waiting}" search_in="body" check_it="true" assign_to="a"/>`,
      `<ereg regexp="Voice-Message: ${counts}" search_in="body" check_it="true" assign_to="b"/>`,
      '</action></recv>',
    ].join('')

  it('light the lamp of a phone that has subscribed, and put it out', async () => {
    const log = bed.path('lamp.log')
    const steps = [
      fromCaller('SUBSCRIBE', 1, { headers: ['Event: message-summary', 'Expires: 600'] }),
      expectAnswer(200),
      ...[takesSummary('no', '0/0'), answer(200)],
      ...[takesSummary('yes', '2/1'), answer(200)],
      ...[takesSummary('no', '0/0'), answer(200)],
    ]
    const phone = await startSippCaller(bed.router.sipPort, 'alice', {
      scenario: { name: 'lamp', steps },
      parameters: ['-trace_msg', '-message_file', log],
      cwd: bed.directory,
    })
    const told = (count: number) =>
      eventually(`NOTIFY ${count}`, () => {
        const text = existsSync(log) ? readFileSync(log, 'utf8') : ''
        const tells = new Set(text.match(/^CSeq: \d+ NOTIFY/gm))
        return tells.size >= count || undefined
      })
    await told(1)
    const counts = { NewMessages: 2, OldMessages: 1 }
    const made = await platformRequest(bed, '/MessageSummaries/alice', counts)
    expect(made).toMatchObject({
      status: 200,
      body: { address_of_record: `alice@${realm}`, new_messages: 2, old_messages: 1 },
    })
    await told(2)
    const path = `/MessageSummaries/alice@${realm}`
    expect(await platformRequest(bed, path)).toMatchObject({ body: { new_messages: 2 } })
    expect(await platformRequest(bed, path, undefined, 'DELETE')).toEqual({ status: 204 })
    expect((await phone.finished).code).toBe(0)
    expect(await platformRequest(bed, path)).toMatchObject({ status: 404, body: { code: 20404 } })
  })

  it('are there for a phone that subscribes later, with what is not given as it was', async () => {
    await platformRequest(bed, '/MessageSummaries/bob', { OldMessages: 7 })
    await platformRequest(bed, '/MessageSummaries/bob', { NewMessages: 1 })
    const headers = ['Event: message-summary', 'Expires: 0']
    await callWithSipp(bed.router.sipPort, 'bob', {
      scenario: {
        name: 'late-lamp',
        steps: [
          fromCaller('SUBSCRIBE', 1, { headers }),
          expectAnswer(200),
          takesSummary('yes', '1/7'),
          answer(200),
        ],
      },
      cwd: bed.directory,
    })
  })

  it('are of users of ours, and count from nothing', async () => {
    const put = (mailbox: string, form: { [name: string]: number }) =>
      platformRequest(bed, `/MessageSummaries/${mailbox}`, form)
    const elsewhere = await put('alice@elsewhere.example', { NewMessages: 1 })
    expect(elsewhere).toMatchObject({ status: 404, body: { code: 20404 } })
    const wrong = await put('carol', { NewMessages: -1 })
    expect(wrong).toMatchObject({ status: 400, body: { code: 20001 } })
    await bed.client.sip.domains.create({ domainName: 'desk' })
    const address_of_record = `alice@desk.${realm}`
    expect(await put(address_of_record, {})).toMatchObject({
      body: { address_of_record, new_messages: 0, old_messages: 0 },
    })
  })
})
