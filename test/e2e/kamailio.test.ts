import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { call } from './harness/caller.js'
import { eventually } from './harness/eventually.js'
import { type Kamailio, startKamailio } from './harness/kamailio.js'
import { needs } from './harness/needs.js'
import { callWithSipp, startSippServer } from './harness/sipp.js'
import { callerNumber, startTestbed, type Testbed } from './harness/testbed.js'

const account = { username: 'trunk-7', password: 'carrier-secret' }

const isThere = needs('kamailio', 'kamcmd', 'sipp')
const transports = [
  ['UDP', 'MD5', ''],
  ['TCP', 'SHA-256', ';transport=tcp'],
] as const

describe.skipIf(!isThere).each(transports)(
  'kamailio by %s, digest by %s',
  (_name, algorithm, parameter) => {
    let bed: Testbed
    let kamailio: Kamailio
    beforeAll(async () => {
      kamailio = await startKamailio({ ...account, algorithm })
      const uri = `sip:${account.username}:${account.password}@127.0.0.1:${kamailio.port}${parameter};register`
      bed = await startTestbed({
        DIALPLANE_TRUNKS: `*=${uri}`,
        DIALPLANE_TRUNK_PROBE_SECONDS: '1',
        // Nobody is trusted who is no gateway.
        DIALPLANE_TRUSTED_SIP: '192.0.2.1',
      })
      await eventually('our Contact at kamailio', async () => {
        const contacts = await kamailio.contacts()
        return contacts.some((contact) => contact.includes(account.username)) || undefined
      })
    })
    afterAll(async () => {
      await bed?.close()
      await kamailio?.close()
    })

    /** How many requests of this method it has passed on within dialogs. */
    const within = (method: string) => kamailio.output().split(`within ${method}\n`).length - 1

    /** What it writes may reach us after what it does. */
    const becomes = (wanted: number, count: () => number) =>
      eventually(`${wanted} requests`, () => count() === wanted || undefined)

    it('has our Contact, and we know that we have registered and that it is alive', async () => {
      expect(await kamailio.contacts()).toEqual([
        `sip:${account.username}@127.0.0.1:${bed.router.sipPort}${parameter}`,
      ])
      const isLogged = (text: string) => bed.router.log().includes(text) || undefined
      await eventually('the registration in the log', () => isLogged('"state":"registered"'))
      await eventually('a probe in the log', () => isLogged('"isAlive":true'))
    })

    it('brings a call to the user that we have registered, and our BYE goes back by it', async () => {
      const number = '+15550200001'
      bed.app.on('/did', '<Response><Pause length="1"/><Hangup/></Response>')
      await bed.client.incomingPhoneNumbers.create({
        ...{ phoneNumber: number, voiceUrl: bed.app.url('/did') },
      })
      const before = within('BYE')
      const { code, output } = await call(`sip:${number}@127.0.0.1:${kamailio.port}`)
      expect([code, output]).toEqual([0, expect.any(String)])
      expect((await bed.app.received('/did')).parameters.To).toBe(number)
      expect((await bed.endedCall(number)).status).toBe('completed')
      await becomes(before + 1, () => within('BYE'))
    })

    it('stands in front of us: hold and BYE of the caller follow the route', async () => {
      const number = await bed.number({ '/front': '<Response><Gather timeout="60"/></Response>' })
      const [invites, byes] = [within('INVITE'), within('BYE')]
      await callWithSipp(kamailio.port, number, {
        scenario: 'caller-by-proxy',
        cwd: bed.directory,
        values: { domain: `127.0.0.1:${bed.router.sipPort}` },
      })
      expect((await bed.endedCall(number)).status).toBe('completed')
      await becomes(invites + 1, () => within('INVITE'))
      await becomes(byes + 1, () => within('BYE'))
    })

    it('is a trunk: we answer its challenge, and our BYE follows the route', async () => {
      const callee = await startSippServer({ scenario: 'called-by-proxy', cwd: bed.directory })
      const before = within('BYE')
      const to = `+1555030${callee.port}`
      await bed.client.calls.create({
        ...{ to, from: callerNumber, twiml: '<Response><Pause length="1"/></Response>' },
      })
      const { code, output } = await callee.finished
      expect([code, output]).toEqual([0, expect.any(String)])
      expect((await bed.endedCall(to)).status).toBe('completed')
      await becomes(before + 1, () => within('BYE'))
    })

    it('forgets us when we stop', async () => {
      expect(await kamailio.contacts()).toHaveLength(1)
      await bed.router.stop()
      expect(await kamailio.contacts()).toEqual([])
      expect((await call(`sip:+15550200001@127.0.0.1:${kamailio.port}`)).code).toBe(1)
    })
  },
)
