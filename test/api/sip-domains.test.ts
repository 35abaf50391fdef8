import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { platformRequest } from '../e2e/harness/gateways.js'
import { startTestbed, type Testbed } from '../e2e/harness/testbed.js'
import { addAccount } from './other-accounts.js'
import { refusal } from './refusal.js'

const password = 'IWasAtSignal2018'

describe('SIP resources with the official client', () => {
  let bed: Testbed
  beforeAll(async () => {
    bed = await startTestbed({ DIALPLANE_SIP_REALM: 'pbx.example' })
  })
  afterAll(() => bed?.close())

  const invalid = (code: number) => ({ status: 400, code })
  const notFound = { status: 404, code: 20404 }
  const inUse = { status: 409, code: 20009 }

  it('domains are created, fetched, listed, changed and removed', async () => {
    const { domains } = bed.client.sip
    const made = await domains.create({
      domainName: 'Office.sip.example.com',
      friendlyName: 'Office',
      voiceUrl: 'http://127.0.0.1:9/voice',
      voiceMethod: 'GET',
      voiceStatusCallbackUrl: 'http://127.0.0.1:9/status',
      sipRegistration: true,
      emergencyCallingEnabled: true,
    })
    expect(made.sid).toMatch(/^SD[0-9a-f]{32}$/)
    expect(made.dateCreated).toBeInstanceOf(Date)
    expect(made).toMatchObject({
      accountSid: bed.router.accountSid,
      apiVersion: '2010-04-01',
      authType: '',
      byocTrunkSid: null,
      domainName: 'office.sip.example.com',
      emergencyCallingEnabled: true,
      friendlyName: 'Office',
      secure: false,
      sipRegistration: true,
      uri: `/2010-04-01/Accounts/${bed.router.accountSid}/SIP/Domains/${made.sid}.json`,
      voiceMethod: 'GET',
      voiceStatusCallbackMethod: 'POST',
      voiceUrl: 'http://127.0.0.1:9/voice',
    })
    expect(Object.keys(made.subresourceUris)).toEqual([
      'credential_list_mappings',
      'ip_access_control_list_mappings',
    ])
    const changed = await domains(made.sid).update({
      ...{ secure: true, sipRegistration: false, voiceUrl: '', friendlyName: 'HQ' },
    })
    const shown = { secure: true, sipRegistration: false, voiceUrl: '', friendlyName: 'HQ' }
    expect(changed).toMatchObject({ ...shown, emergencyCallingEnabled: true, voiceMethod: 'GET' })
    expect(await domains(made.sid).fetch()).toMatchObject(shown)
    expect((await domains.list()).map(({ sid }) => sid)).toContain(made.sid)
    expect(await domains(made.sid).remove()).toBe(true)
    expect(await refusal(domains(made.sid).fetch())).toEqual(notFound)
  })

  it('one word is a name below the realm, and a name is there once', async () => {
    const { domains } = bed.client.sip
    const made = await domains.create({ domainName: 'acme' })
    expect(made).toMatchObject({ domainName: 'acme.pbx.example', friendlyName: 'acme.pbx.example' })
    const other = await domains.create({ domainName: 'other' })
    const taken = { domainName: 'ACME.pbx.example' }
    expect(await refusal(domains.create(taken))).toEqual(invalid(21232))
    expect(await refusal(domains(other.sid).update(taken))).toEqual(invalid(21232))
    expect(await domains(other.sid).update({ domainName: 'other' })).toMatchObject({
      domainName: 'other.pbx.example',
    })
    expect(await domains(made.sid).remove()).toBe(true)
    const again = await domains(other.sid).update(taken)
    expect(again.domainName).toBe('acme.pbx.example')
  })

  it.each([
    [{ domainName: '' }, 21232],
    [{ domainName: 'a b' }, 21232],
    [{ domainName: '-a.example.com' }, 21232],
    [{ domainName: '192.0.2.7' }, 21232],
    // Names of the router.
    [{ domainName: 'pbx.example' }, 21232],
    [{ domainName: '127.0.0.1' }, 21232],
    [{ domainName: `${'a'.repeat(64)}.example.com` }, 21232],
    [{ domainName: 'wrong', voiceUrl: 'ftp://a' }, 21231],
    [{ domainName: 'wrong', voiceMethod: 'PATCH' }, 21231],
    [{ domainName: 'wrong', byocTrunkSid: 'BY1' }, 21231],
    [{ domainName: 'wrong', friendlyName: 'x'.repeat(65) }, 21231],
  ])('no domain is made of %j', async (settings, code) => {
    expect(await refusal(bed.client.sip.domains.create(settings))).toEqual(invalid(code))
  })

  it('credential lists and their credentials', async () => {
    const { credentialLists } = bed.client.sip
    const list = await credentialLists.create({ friendlyName: 'Phones' })
    expect(list.sid).toMatch(/^CL[0-9a-f]{32}$/)
    expect(list.subresourceUris).toEqual({
      credentials: expect.stringMatching(/\/SIP\/CredentialLists\/CL\w+\/Credentials\.json$/),
    })
    expect(await refusal(credentialLists.create({ friendlyName: 'Phones' }))).toEqual(
      invalid(21240),
    )
    expect(await credentialLists(list.sid).update({ friendlyName: 'Desks' })).toMatchObject({
      friendlyName: 'Desks',
    })
    expect((await credentialLists.list()).map(({ friendlyName }) => friendlyName)).toEqual([
      'Desks',
    ])

    const { credentials } = credentialLists(list.sid)
    const made = await credentials.create({ username: 'alice', password })
    expect(made.sid).toMatch(/^CR[0-9a-f]{32}$/)
    expect(made).toMatchObject({ username: 'alice', credentialListSid: list.sid })
    expect(made).not.toHaveProperty('password')
    expect(await credentials(made.sid).fetch()).toMatchObject({ username: 'alice' })
    expect(await credentials(made.sid).update({ password: `${password}x` })).toMatchObject({
      username: 'alice',
    })
    expect(await credentials.list()).toHaveLength(1)
    const again = credentials.create({ username: 'alice', password })
    expect(await refusal(again)).toEqual(invalid(21240))
    const files = ['dialplane.db', 'dialplane.db-wal'].map((name) => `${bed.dataDir}/${name}`)
    const kept = [bed.router.log(), ...files.map((file) => readFileSync(file, 'latin1'))]
    for (const text of kept) expect(text).not.toContain(password)
    expect(await credentials(made.sid).remove()).toBe(true)
    expect(await refusal(credentials(made.sid).fetch())).toEqual(notFound)
    await credentials.create({ username: 'bob', password })
    expect(await credentialLists(list.sid).remove()).toBe(true)
    expect(await refusal(credentials.list())).toEqual(notFound)
  })

  it.each([
    ['a short password', { username: 'a', password: 'Short1short' }],
    ['no digit', { username: 'a', password: 'NoDigitsInHere' }],
    ['lower case only', { username: 'a', password: 'onlylowercase1' }],
    ['upper case only', { username: 'a', password: 'ONLYUPPERCASE1' }],
    ['no password', { username: 'a', password: '' }],
    ['no username', { username: '', password }],
    ['a long username', { username: 'a'.repeat(33), password }],
    ['a colon', { username: 'a:b', password }],
  ])('no credential is made of %s', async (what, credential) => {
    const { credentialLists } = bed.client.sip
    const list = await credentialLists.create({ friendlyName: what })
    const { credentials } = credentialLists(list.sid)
    expect(await refusal(credentials.create(credential))).toEqual(invalid(21240))
    expect(await credentials.list()).toEqual([])
  })

  it('address lists and their addresses', async () => {
    const { ipAccessControlLists } = bed.client.sip
    const list = await ipAccessControlLists.create({ friendlyName: 'Offices' })
    expect(list.sid).toMatch(/^AL[0-9a-f]{32}$/)
    expect(Object.keys(list.subresourceUris)).toEqual(['ip_addresses'])
    const renamed = await ipAccessControlLists(list.sid).update({ friendlyName: 'Sites' })
    expect(renamed.friendlyName).toBe('Sites')
    const { ipAddresses } = ipAccessControlLists(list.sid)
    const made = await ipAddresses.create({ friendlyName: 'North', ipAddress: '192.0.2.0' })
    expect(made.sid).toMatch(/^IP[0-9a-f]{32}$/)
    expect(made).toMatchObject({
      ...{ friendlyName: 'North', ipAddress: '192.0.2.0', cidrPrefixLength: 32 },
      ipAccessControlListSid: list.sid,
    })
    const wider = await ipAddresses(made.sid).update({ cidrPrefixLength: 24 })
    expect(wider).toMatchObject({ friendlyName: 'North', cidrPrefixLength: 24 })
    const sixth = await ipAddresses(made.sid).update({ ipAddress: '2001:db8::1' })
    expect(sixth).toMatchObject({ ipAddress: '2001:db8::1', cidrPrefixLength: 128 })
    expect(await ipAddresses(made.sid).fetch()).toMatchObject({ ipAddress: '2001:db8::1' })
    for (const settings of [
      { friendlyName: 'x', ipAddress: '192.0.2.256' },
      { friendlyName: 'x', ipAddress: 'host.example' },
      { friendlyName: 'x', ipAddress: '192.0.2.1', cidrPrefixLength: 33 },
      { friendlyName: '', ipAddress: '192.0.2.1' },
      { friendlyName: 'x', ipAddress: '' },
    ]) {
      expect(await refusal(ipAddresses.create(settings))).toEqual(invalid(20001))
    }
    expect(await ipAddresses.list()).toHaveLength(1)
    expect(await ipAddresses(made.sid).remove()).toBe(true)
    expect(await refusal(ipAddresses(made.sid).fetch())).toEqual(notFound)
    expect(await ipAccessControlLists(list.sid).remove()).toBe(true)
    expect(await refusal(ipAccessControlLists(list.sid).fetch())).toEqual(notFound)
  })

  it('lists are mapped to domains, by old paths and new', async () => {
    const { sip } = bed.client
    const domain = await sip.domains.create({ domainName: 'mapped' })
    const list = await sip.credentialLists.create({ friendlyName: 'Mapped phones' })
    const addresses = await sip.ipAccessControlLists.create({ friendlyName: 'Mapped sites' })
    const { auth, credentialListMappings, ipAccessControlListMappings } = sip.domains(domain.sid)
    const authType = async () => (await sip.domains(domain.sid).fetch()).authType

    const mapped = { credentialListSid: list.sid }
    const made = await auth.calls.credentialListMappings.create(mapped)
    expect(made).toMatchObject({ sid: list.sid, friendlyName: 'Mapped phones' })
    expect(await authType()).toBe('CREDENTIAL_LIST')
    expect(await refusal(credentialListMappings.create(mapped))).toEqual(invalid(21231))
    expect(await credentialListMappings(list.sid).fetch()).toMatchObject({
      sid: list.sid,
      domainSid: domain.sid,
      uri: expect.stringContaining(`/SIP/Domains/${domain.sid}/CredentialListMappings/`),
    })
    expect(await auth.registrations.credentialListMappings.list()).toEqual([])
    await auth.registrations.credentialListMappings.create(mapped)
    expect(await auth.registrations.credentialListMappings(list.sid).fetch()).toMatchObject({
      sid: list.sid,
    })

    await ipAccessControlListMappings.create({ ipAccessControlListSid: addresses.sid })
    expect(await authType()).toBe('IP_ACL,CREDENTIAL_LIST')
    const listed = await auth.calls.ipAccessControlListMappings.list()
    expect(listed).toMatchObject([{ sid: addresses.sid, friendlyName: 'Mapped sites' }])
    expect(await ipAccessControlListMappings.list()).toHaveLength(1)

    for (const sid of ['', `CL${'0'.repeat(32)}`, addresses.sid]) {
      const wrong = auth.calls.credentialListMappings.create({ credentialListSid: sid })
      expect(await refusal(wrong)).toEqual(invalid(21231))
    }
    expect(await refusal(sip.credentialLists(list.sid).remove())).toEqual(inUse)
    expect(await refusal(sip.ipAccessControlLists(addresses.sid).remove())).toEqual(inUse)
    expect(await credentialListMappings(list.sid).remove()).toBe(true)
    expect(await refusal(auth.calls.credentialListMappings(list.sid).fetch())).toEqual(notFound)
    expect(await authType()).toBe('IP_ACL')
    expect(await auth.calls.ipAccessControlListMappings(addresses.sid).remove()).toBe(true)
    expect(await auth.registrations.credentialListMappings(list.sid).remove()).toBe(true)
    expect(await sip.credentialLists(list.sid).remove()).toBe(true)
    await ipAccessControlListMappings.create({ ipAccessControlListSid: addresses.sid })
    expect(await sip.domains(domain.sid).remove()).toBe(true)
    expect(await sip.ipAccessControlLists(addresses.sid).remove()).toBe(true)
  })

  it('are those of one account', async () => {
    const other = await addAccount(bed)
    const { sip } = bed.client
    const domain = await sip.domains.create({ domainName: 'ours' })
    const list = await sip.credentialLists.create({ friendlyName: 'Ours' })
    const theirs = await other.client.sip.domains.create({ domainName: 'theirs' })
    expect(await other.client.sip.credentialLists.create({ friendlyName: 'Ours' })).toMatchObject({
      accountSid: other.sid,
    })
    expect((await other.client.sip.domains.list()).map(({ sid }) => sid)).toEqual([theirs.sid])
    const asked = [
      other.client.sip.domains(domain.sid).fetch(),
      other.client.sip.domains(domain.sid).remove(),
      other.client.sip.credentialLists(list.sid).credentials.list(),
      other.client.sip.domains(domain.sid).auth.calls.credentialListMappings.list(),
    ]
    expect(await Promise.all(asked.map(refusal))).toEqual(asked.map(() => notFound))
    const { credentialListMappings } = other.client.sip.domains(theirs.sid).auth.calls
    const mapped = credentialListMappings.create({ credentialListSid: list.sid })
    expect(await refusal(mapped)).toEqual(invalid(21231))
    const taken = other.client.sip.domains.create({ domainName: 'ours' })
    expect(await refusal(taken)).toEqual(invalid(21232))

    const mailbox = (user: string, credentials?: string) =>
      platformRequest(bed, `/MessageSummaries/${user}`, { NewMessages: 1 }, 'POST', credentials)
    const theirKey = `${other.sid}:${other.authToken}`
    const ofTheirs = 'alice@theirs.pbx.example'
    expect(await mailbox(ofTheirs, theirKey)).toMatchObject({ status: 200 })
    expect(await mailbox(ofTheirs)).toMatchObject({ status: 200 })
    for (const user of ['alice@ours.pbx.example', 'alice', 'alice@pbx.example']) {
      expect(await mailbox(user, theirKey)).toMatchObject({ status: 404, body: { code: 20404 } })
    }
    const gateways = platformRequest(bed, '/Gateways', undefined, 'GET', theirKey)
    expect(await gateways).toMatchObject({ status: 403, body: { code: 20003 } })
    // Who has the name next does not read what waited for its users.
    await other.client.sip.domains(theirs.sid).update({ domainName: 'renamed' })
    await sip.domains.create({ domainName: 'theirs' })
    expect(await platformRequest(bed, `/MessageSummaries/${ofTheirs}`)).toMatchObject({
      status: 404,
    })
  })

  it('pages, XML and CSV are as those of other resources', async () => {
    const { ipAccessControlLists } = bed.client.sip
    for (let index = 0; index < 5; index++) {
      await ipAccessControlLists.create({ friendlyName: `page ${index}` })
    }
    const page = await ipAccessControlLists.page({ pageSize: 2 })
    expect(page.instances.map(({ friendlyName }) => friendlyName)).toEqual(['page 4', 'page 3'])
    const next = await page.nextPage()
    expect(next?.instances.map(({ friendlyName }) => friendlyName)).toEqual(['page 2', 'page 1'])
    const { accountSid, authToken, baseUrl } = bed.router
    const text = async (path: string) => {
      const url = `${baseUrl}/2010-04-01/Accounts/${accountSid}/SIP/${path}`
      const Authorization = `Basic ${btoa(`${accountSid}:${authToken}`)}`
      return (await fetch(url, { headers: { Authorization } })).text()
    }
    const [list] = await ipAccessControlLists.list({ limit: 1 })
    expect(await text(`IpAccessControlLists/${list?.sid}`)).toContain(
      '<IpAccessControlList><AccountSid>',
    )
    expect(await text('IpAccessControlLists.csv?PageSize=1')).toMatch(
      /^AccountSid,DateCreated,.*\r?\n.*,page 4,/,
    )
    expect(JSON.parse(await text('Domains.json'))).toMatchObject({
      domains: expect.any(Array),
      page_size: 50,
    })
  })
})
