import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeSid } from '../../src/base/ids.js'
import { systemIds } from '../../src/router/system.js'
import { insertCallerId } from '../../src/store/outgoing-caller-ids.js'
import { SqliteStore } from '../../src/store/sqlite/sqlite-store.js'
import { startSilence } from '../e2e/harness/gateways.js'
import { root } from '../e2e/harness/router-process.js'
import { callerNumber, startTestbed, type Testbed } from '../e2e/harness/testbed.js'
import { addAccount, type OtherAccount } from './other-accounts.js'
import { refusal } from './refusal.js'

/** The recorded answers lie beside the repository where it is developed, and nowhere else. */
const examples = join(root, '..', 'shared', 'contract', 'examples')
const verified = '+15550108000'
const fieldsOf = (value: unknown) => Object.keys(value as object).sort()

describe('OutgoingCallerIds', () => {
  let bed: Testbed
  let other: OtherAccount
  let silence: Awaited<ReturnType<typeof startSilence>>
  beforeAll(async () => {
    // Calls to these numbers ring nowhere until they are given up.
    silence = await startSilence()
    bed = await startTestbed({ DIALPLANE_TRUNKS: `+15550108=sip:127.0.0.1:${silence.port}` })
    other = await addAccount(bed)
  })
  afterAll(async () => {
    await bed?.close()
    silence?.close()
  })

  /** As if it had been verified just now; a call that does so is in test/e2e/caller-ids.test.ts. */
  async function add(phoneNumber: string, accountSid = bed.router.accountSid): Promise<string> {
    const store = await SqliteStore.open(join(bed.dataDir, 'dialplane.db'))
    const [sid, nowMs] = [makeSid('PN', systemIds), Date.now()]
    const times = { created_ms: nowMs, updated_ms: nowMs }
    const names = { phone_number: phoneNumber, friendly_name: `Owner of ${phoneNumber}` }
    await store.write([insertCallerId({ sid, account_sid: accountSid, ...names, ...times })])
    await store.close()
    return sid
  }
  const request = async (path: string, form?: { [name: string]: string }) => {
    const { baseUrl, accountSid, authToken } = bed.router
    const response = await fetch(`${baseUrl}/2010-04-01/Accounts/${accountSid}${path}`, {
      method: form ? 'POST' : 'GET',
      headers: { Authorization: `Basic ${btoa(`${accountSid}:${authToken}`)}` },
      ...(form ? { body: new URLSearchParams(form) } : {}),
    })
    return { status: response.status, text: await response.text() }
  }

  it('are listed, found, renamed and removed by the official client', async () => {
    const { outgoingCallerIds } = bed.client
    const sids = [await add(verified), await add('+442071838750')]
    const listed = await outgoingCallerIds.list()
    expect(listed.map(({ sid }) => sid)).toEqual([...sids].reverse())
    const found = async (filter: object) =>
      (await outgoingCallerIds.list(filter)).map(({ phoneNumber }) => phoneNumber)
    expect(await found({ phoneNumber: '(555) 010-8000' })).toEqual([verified])
    expect(await found({ friendlyName: 'Owner of +442071838750' })).toEqual(['+442071838750'])
    expect(await found({ phoneNumber: '+15550108009' })).toEqual([])
    const [sid = ''] = sids
    const changed = await outgoingCallerIds(sid).update({ friendlyName: 'Mobile' })
    expect(changed).toMatchObject({ sid, phoneNumber: verified, friendlyName: 'Mobile' })
    expect(await outgoingCallerIds(sid).fetch()).toMatchObject({ friendlyName: 'Mobile' })
    const own = `${bed.router.accountSid}/OutgoingCallerIds/${sid}.json`
    expect(changed).toMatchObject({ uri: `/2010-04-01/Accounts/${own}` })
    const tooLong = outgoingCallerIds(sid).update({ friendlyName: 'x'.repeat(65) })
    expect(await refusal(tooLong)).toEqual({ status: 400, code: 20001 })
    for (const one of sids) expect(await outgoingCallerIds(one).remove()).toBe(true)
    expect(await refusal(outgoingCallerIds(sid).fetch())).toEqual({ status: 404, code: 20404 })
    expect(await outgoingCallerIds.list()).toEqual([])
  })

  it('let the account call from them, and nobody else', async () => {
    const sid = await add(verified)
    const twiml = '<Response/>'
    const calls = (client: Testbed['client'], from: string) =>
      client.calls.create({ to: '+15550108001', from, twiml })
    const joins = (client: Testbed['client'], from: string) =>
      client.conferences('room').participants.create({ to: '+15550108001', from })
    const unverified = { status: 400, code: 21210 }
    for (const places of [calls, joins]) {
      expect(await refusal(places(bed.client, '+15550108002'))).toEqual(unverified)
      expect(await refusal(places(bed.client, '12'))).toEqual({ status: 400, code: 21212 })
      expect(await refusal(places(other.client, verified))).toEqual(unverified)
      expect(await refusal(places(other.client, callerNumber))).toEqual(unverified)
      for (const from of [callerNumber, verified, 'client:alice', 'sip:alice@example.com']) {
        const { callSid, sid: ownSid } = (await places(bed.client, from)) as {
          readonly callSid?: string
          readonly sid?: string
        }
        const call = bed.client.calls(callSid ?? ownSid ?? '')
        expect((await call.fetch()).from).toBe(from)
        await call.update({ status: 'completed' })
      }
    }
    // CallerId takes the place of From, by the same rules.
    const shows = (client: Testbed['client'], from: string, callerId: string) => [
      () => client.calls.create({ to: '+15550108001', from, twiml, callerId }),
      () => client.conferences('room').participants.create({ to: '+15550108001', from, callerId }),
    ]
    for (const place of shows(bed.client, callerNumber, '+15550108002')) {
      expect(await refusal(place())).toEqual(unverified)
    }
    for (const place of shows(bed.client, callerNumber, '12')) {
      expect(await refusal(place())).toEqual({ status: 400, code: 21212 })
    }
    for (const place of shows(bed.client, '+15550108002', verified)) {
      const made = (await place()) as { readonly callSid?: string; readonly sid?: string }
      const call = bed.client.calls(made.callSid ?? made.sid ?? '')
      expect((await call.fetch()).from).toBe(verified)
      await call.update({ status: 'completed' })
    }
    const { text } = await request('/Calls.json', {
      To: verified,
      From: '+15550108002',
      Url: 'http://x/',
    })
    expect(JSON.parse(text).message).toContain('+15550108002')
    await bed.client.outgoingCallerIds(sid).remove()
    expect(await refusal(calls(bed.client, verified))).toEqual(unverified)
  })

  it('are asked for by a call whose code the answer holds', async () => {
    const begun = await bed.client.validationRequests.create({ phoneNumber: '555 010 8003' })
    expect(begun).toMatchObject({
      ...{ accountSid: bed.router.accountSid, phoneNumber: '+15550108003' },
      ...{ friendlyName: '(555) 010-8003' },
    })
    expect(begun.validationCode).toMatch(/^\d{6}$/)
    const call = bed.client.calls(begun.callSid)
    expect(await call.fetch()).toMatchObject({ to: '+15550108003', from: callerNumber })
    // It rings: another call to that number would disturb.
    const again = bed.client.validationRequests.create({ phoneNumber: '+15550108003' })
    expect(await refusal(again)).toEqual({ status: 429, code: 20429 })
    await call.update({ status: 'canceled' })
    const anew = await bed.client.validationRequests.create({ phoneNumber: '+15550108003' })
    await bed.client.calls(anew.callSid).update({ status: 'completed' })
    expect(await bed.client.outgoingCallerIds.list()).toEqual([])
    const xml = await request('/OutgoingCallerIds.xml', { PhoneNumber: '+15550108004' })
    expect(xml.status).toBe(200)
    expect(xml.text).toMatch(/<ValidationRequest>.*<ValidationCode>\d{6}<\/ValidationCode>/)
  })

  it('are refused with the codes of the contract', async () => {
    const sid = await add('+15550108005')
    const asks = (form: object) =>
      refusal(bed.client.validationRequests.create(form as { phoneNumber: string }))
    const phoneNumber = '+15550108006'
    expect(await asks({ phoneNumber: '12' })).toEqual({ status: 400, code: 21401 })
    expect(await asks({ phoneNumber: '' })).toEqual({ status: 400, code: 21421 })
    expect(await asks({ phoneNumber: '+15550108005' })).toEqual({ status: 400, code: 21450 })
    expect(await asks({ phoneNumber, callDelay: 61 })).toEqual({ status: 400, code: 20001 })
    expect(await asks({ phoneNumber, extension: '12x' })).toEqual({ status: 400, code: 20001 })
    const statusCallback = 'ftp://example.com'
    expect(await asks({ phoneNumber, statusCallback })).toEqual({ status: 400, code: 21502 })
    expect(await asks({ phoneNumber, statusCallbackMethod: 'PUT' })).toEqual({
      ...{ status: 400, code: 21403 },
    })
    // Nobody is called abroad for it either.
    expect(await asks({ phoneNumber: '+442071838750' })).toEqual({ status: 400, code: 21215 })
    expect(await refusal(other.client.outgoingCallerIds(sid).fetch())).toEqual({
      ...{ status: 404, code: 20404 },
    })
    expect(await other.client.outgoingCallerIds.list()).toEqual([])
    await bed.client.outgoingCallerIds(sid).remove()
  })

  it.skipIf(!existsSync(examples))('have the fields that were recorded', async () => {
    const sid = await add('+15550108007')
    const example = (name: string) => JSON.parse(readFileSync(join(examples, name), 'utf8'))
    const same = (name: string, { text }: { readonly text: string }) => {
      const answer = JSON.parse(text)
      expect(fieldsOf(answer)).toEqual(fieldsOf(example(name)))
      return answer
    }
    const path = '/OutgoingCallerIds'
    const list = same('ListOutgoingCallerId.200.readFull.json', await request(`${path}.json`))
    const [recorded] = example('ListOutgoingCallerId.200.readFull.json').outgoing_caller_ids
    expect(fieldsOf(list.outgoing_caller_ids[0])).toEqual(fieldsOf(recorded))
    same('FetchOutgoingCallerId.200.fetch.json', await request(`${path}/${sid}.json`))
    const form = { FriendlyName: 'golden' }
    same('UpdateOutgoingCallerId.200.update.json', await request(`${path}/${sid}.json`, form))
    const created = await request(`${path}.json`, { PhoneNumber: '+15550108008' })
    expect(created.status).toBe(200)
    same('CreateValidationRequest.200.create.json', created)
  })
})
