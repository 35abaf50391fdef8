import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestbed, type Testbed } from '../e2e/harness/testbed.js'
import { addAccount } from './other-accounts.js'
import { refusal } from './refusal.js'

describe('Trunking v1 with the official client', () => {
  let bed: Testbed
  beforeAll(async () => {
    bed = await startTestbed({ DIALPLANE_SIP_REALM: 'pbx.example' })
  })
  afterAll(() => bed?.close())

  const invalid = (code = 20001) => ({ status: 400, code })
  const notFound = { status: 404, code: 20404 }

  it('trunks are created, fetched, listed, changed and removed', async () => {
    const { trunks } = bed.client.trunking.v1
    const made = await trunks.create({
      friendlyName: 'Office',
      domainName: 'Office.pstn.example.com',
      disasterRecoveryUrl: 'http://127.0.0.1:9/disaster',
      disasterRecoveryMethod: 'GET',
      transferMode: 'sip-only',
      transferCallerId: 'from-transferor',
      cnamLookupEnabled: true,
    })
    expect(made.sid).toMatch(/^TK[0-9a-f]{32}$/)
    expect(made.dateCreated).toBeInstanceOf(Date)
    expect(Number.isNaN(made.dateCreated.getTime())).toBe(false)
    const url = `${bed.router.baseUrl}/v1/Trunks/${made.sid}`
    expect(made).toMatchObject({
      accountSid: bed.router.accountSid,
      authType: '',
      authTypeSet: [],
      cnamLookupEnabled: true,
      disasterRecoveryMethod: 'GET',
      disasterRecoveryUrl: 'http://127.0.0.1:9/disaster',
      domainName: 'office.pstn.example.com',
      friendlyName: 'Office',
      recording: { mode: 'do-not-record', trim: 'do-not-trim' },
      secure: false,
      transferCallerId: 'from-transferor',
      transferMode: 'sip-only',
      url,
    })
    expect(made.links).toMatchObject({
      credential_lists: `${url}/CredentialLists`,
      ip_access_control_lists: `${url}/IpAccessControlLists`,
      origination_urls: `${url}/OriginationUrls`,
      phone_numbers: `${url}/PhoneNumbers`,
    })
    const changed = await trunks(made.sid).update({ secure: true, disasterRecoveryUrl: '' })
    const shown = { secure: true, disasterRecoveryUrl: null, friendlyName: 'Office' }
    expect(changed).toMatchObject(shown)
    expect(await trunks(made.sid).fetch()).toMatchObject(shown)
    expect((await trunks.list()).map(({ sid }) => sid)).toContain(made.sid)
    expect(await trunks(made.sid).remove()).toBe(true)
    expect(await refusal(trunks(made.sid).fetch())).toEqual(notFound)
  })

  it('a list is paged by absolute URLs', async () => {
    const { trunks } = bed.client.trunking.v1
    const made = await Promise.all([1, 2, 3].map(() => trunks.create({ friendlyName: 'paged' })))
    const first = await trunks.page({ pageSize: 2 })
    expect(first.instances).toHaveLength(2)
    const second = await first.nextPage()
    expect(second?.instances.length).toBeGreaterThan(0)
    const back = await second?.previousPage()
    expect(back?.instances.map(({ sid }) => sid)).toEqual(first.instances.map(({ sid }) => sid))
    for (const { sid } of made) await trunks(sid).remove()
    const Authorization = `Basic ${btoa(`${bed.router.accountSid}:${bed.router.authToken}`)}`
    const answer = await fetch(`${bed.router.baseUrl}/v1/Trunks?PageSize=5`, {
      headers: { Authorization },
    })
    expect(await answer.json()).toEqual({
      trunks: [],
      meta: {
        page: 0,
        page_size: 5,
        first_page_url: `${bed.router.baseUrl}/v1/Trunks?PageSize=5&Page=0`,
        previous_page_url: null,
        url: `${bed.router.baseUrl}/v1/Trunks?PageSize=5&Page=0`,
        next_page_url: null,
        key: 'trunks',
      },
    })
  })

  it('a name is in one trunk or domain alone', async () => {
    const { trunks } = bed.client.trunking.v1
    const { domains } = bed.client.sip
    const trunk = await trunks.create({ domainName: 'once' })
    expect(trunk.domainName).toBe('once.pbx.example')
    expect(await refusal(trunks.create({ domainName: 'ONCE' }))).toEqual(invalid(21232))
    expect(await refusal(domains.create({ domainName: 'once' }))).toEqual(invalid(21232))
    await domains.create({ domainName: 'taken' })
    expect(await refusal(trunks(trunk.sid).update({ domainName: 'taken' }))).toEqual(invalid(21232))
    const other = await trunks.create({})
    expect(other.domainName).toBeNull()
    const both = await Promise.allSettled([
      trunks.create({ domainName: 'race' }),
      domains.create({ domainName: 'race' }),
    ])
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
    await trunks(trunk.sid).update({ domainName: '' })
    expect((await trunks(other.sid).update({ domainName: 'once' })).domainName).toBe(
      'once.pbx.example',
    )
  })

  it.each([
    [{ domainName: 'not a name' }, 21232],
    [{ domainName: '10.0.0.1' }, 21232],
    [{ domainName: 'pbx.example' }, 21232],
    [{ friendlyName: 'x'.repeat(65) }, 20001],
    [{ disasterRecoveryUrl: 'ftp://x' }, 20001],
    [{ disasterRecoveryMethod: 'PUT' }, 20001],
    [{ transferMode: 'some' }, 20001],
    [{ transferCallerId: 'nobody' }, 20001],
    [{ secure: 'maybe' }, 20001],
  ])('a trunk with %j is refused', async (settings, code) => {
    const { trunks } = bed.client.trunking.v1
    expect(await refusal(trunks.create(settings as object))).toEqual(invalid(code))
  })

  it('origination URLs are created, changed and removed', async () => {
    const { trunks } = bed.client.trunking.v1
    const { sid } = await trunks.create({})
    const { originationUrls } = trunks(sid)
    const settings = { weight: 0, priority: 65_535, enabled: true, friendlyName: 'first' }
    const made = await originationUrls.create({ ...settings, sipUrl: 'sip:pbx.example.com:5070' })
    expect(made.sid).toMatch(/^OU[0-9a-f]{32}$/)
    expect(made).toMatchObject({
      ...settings,
      sipUrl: 'sip:pbx.example.com:5070',
      trunkSid: sid,
      url: `${bed.router.baseUrl}/v1/Trunks/${sid}/OriginationUrls/${made.sid}`,
    })
    const change = { enabled: false, weight: 7, sipUrl: 'sips:[2001:db8::1]:5061;transport=tls' }
    expect(await originationUrls(made.sid).update(change)).toMatchObject({
      ...settings,
      ...change,
    })
    expect(await originationUrls(made.sid).fetch()).toMatchObject(change)
    expect(await originationUrls.list()).toHaveLength(1)
    for (const wrong of [
      { sipUrl: 'https://pbx.example.com' },
      { sipUrl: 'sip:' },
      { sipUrl: 'sip:a b' },
      { weight: 65_536 },
      { priority: -1 },
      { friendlyName: '' },
      { enabled: 'perhaps' },
    ]) {
      const all = { ...settings, sipUrl: 'sip:pbx.example.com', ...wrong } as typeof settings & {
        sipUrl: string
      }
      expect(await refusal(originationUrls.create(all))).toEqual(invalid())
    }
    const other = await trunks.create({})
    expect(await refusal(trunks(other.sid).originationUrls(made.sid).fetch())).toEqual(notFound)
    expect(await originationUrls(made.sid).remove()).toBe(true)
    expect(await originationUrls.list()).toEqual([])
  })

  it('lists of the account say who may call, and stay while a trunk has them', async () => {
    const { trunks } = bed.client.trunking.v1
    const { sip } = bed.client
    const { sid } = await trunks.create({})
    const users = await sip.credentialLists.create({ friendlyName: 'users' })
    const hosts = await sip.ipAccessControlLists.create({ friendlyName: 'hosts' })
    const { credentialsLists: credentialLists, ipAccessControlLists } = trunks(sid)
    const mapped = await credentialLists.create({ credentialListSid: users.sid })
    expect(mapped).toMatchObject({ sid: users.sid, trunkSid: sid, friendlyName: 'users' })
    await ipAccessControlLists.create({ ipAccessControlListSid: hosts.sid })
    expect(await trunks(sid).fetch()).toMatchObject({
      authType: 'IP_ACL,CREDENTIAL_LIST',
      authTypeSet: ['IP_ACL', 'CREDENTIAL_LIST'],
    })
    expect((await ipAccessControlLists.list()).map(({ sid }) => sid)).toEqual([hosts.sid])
    expect(await credentialLists(users.sid).fetch()).toMatchObject({ friendlyName: 'users' })
    const again = credentialLists.create({ credentialListSid: users.sid })
    expect(await refusal(again)).toEqual(invalid())
    const unknown = { credentialListSid: `CL${'0'.repeat(32)}` }
    expect(await refusal(credentialLists.create(unknown))).toEqual(invalid())
    const used = sip.credentialLists(users.sid).remove()
    expect(await refusal(used)).toEqual({ status: 409, code: 20009 })
    expect(await credentialLists(users.sid).remove()).toBe(true)
    expect((await trunks(sid).fetch()).authType).toBe('IP_ACL')
    await trunks(sid).remove()
    expect(await sip.ipAccessControlLists(hosts.sid).remove()).toBe(true)
  })

  it('a number is of a trunk or of an application', async () => {
    const { trunks } = bed.client.trunking.v1
    const { incomingPhoneNumbers, applications } = bed.client
    const { sid } = await trunks.create({})
    const { sid: voiceApplicationSid } = await applications.create({ friendlyName: 'voice' })
    const voiceUrl = 'http://127.0.0.1:9/voice'
    const number = await incomingPhoneNumbers.create({
      ...{ phoneNumber: '+15550199001', voiceUrl, voiceApplicationSid },
    })
    const { phoneNumbers } = trunks(sid)
    const there = await phoneNumbers.create({ phoneNumberSid: number.sid })
    expect(there).toMatchObject({
      sid: number.sid,
      trunkSid: sid,
      phoneNumber: '+15550199001',
      voiceApplicationSid: '',
      voiceUrl,
      url: `${bed.router.baseUrl}/v1/Trunks/${sid}/PhoneNumbers/${number.sid}`,
    })
    expect(await incomingPhoneNumbers(number.sid).fetch()).toMatchObject({ trunkSid: sid })
    expect((await phoneNumbers.list()).map((one) => one.sid)).toEqual([number.sid])
    expect(await phoneNumbers(number.sid).fetch()).toMatchObject({ trunkSid: sid })
    expect(await incomingPhoneNumbers(number.sid).update({ voiceApplicationSid })).toMatchObject({
      voiceApplicationSid,
      trunkSid: null,
    })
    expect(await refusal(phoneNumbers(number.sid).fetch())).toEqual(notFound)
    expect(await incomingPhoneNumbers(number.sid).update({ trunkSid: sid })).toMatchObject({
      voiceApplicationSid: '',
      trunkSid: sid,
    })
    const unknown = { trunkSid: `TK${'0'.repeat(32)}` }
    expect(await refusal(incomingPhoneNumbers(number.sid).update(unknown))).toEqual(invalid())
    expect(await phoneNumbers(number.sid).remove()).toBe(true)
    await phoneNumbers.create({ phoneNumberSid: number.sid })
    await trunks(sid).remove()
    expect(await incomingPhoneNumbers(number.sid).fetch()).toMatchObject({ trunkSid: null })
  })

  it('recording is set for each trunk', async () => {
    const { trunks } = bed.client.trunking.v1
    const { sid } = await trunks.create({})
    const recording = trunks(sid).recordings()
    expect(await recording.fetch()).toMatchObject({ mode: 'do-not-record', trim: 'do-not-trim' })
    const wanted = { mode: 'record-from-answer-dual', trim: 'trim-silence' } as const
    expect(await recording.update(wanted)).toMatchObject(wanted)
    expect(await recording.update({ trim: 'do-not-trim' })).toMatchObject({ mode: wanted.mode })
    expect((await trunks(sid).fetch()).recording).toEqual({ ...wanted, trim: 'do-not-trim' })
    const wrong = { mode: 'always' } as unknown as typeof wanted
    expect(await refusal(recording.update(wrong))).toEqual(invalid())
  })

  it('are those of one account', async () => {
    const { trunks } = bed.client.trunking.v1
    const { sid } = await trunks.create({ domainName: 'mine' })
    const other = await addAccount(bed)
    const theirs = other.client.trunking.v1.trunks
    expect(await theirs.list()).toEqual([])
    expect(await refusal(theirs(sid).fetch())).toEqual(notFound)
    expect(await refusal(theirs(sid).remove())).toEqual(notFound)
    expect(await refusal(theirs(sid).originationUrls.list())).toEqual(notFound)
    expect((await fetch(`${bed.router.baseUrl}/v1/Trunks`)).status).toBe(401)
    const list = await bed.client.sip.credentialLists.create({ friendlyName: 'not theirs' })
    const own = await theirs.create({})
    const foreign = theirs(own.sid).credentialsLists.create({ credentialListSid: list.sid })
    expect(await refusal(foreign)).toEqual(invalid())
  })
})
