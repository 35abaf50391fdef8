import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type Samples, tones, writeWav } from './harness/audio.js'
import { type Baresip, startBaresip } from './harness/baresip.js'
import { eventually } from './harness/eventually.js'
import { levels, toneSeconds } from './harness/measure.js'
import { needs } from './harness/needs.js'
import { type PagePhone, startPagePhone } from './harness/sip-js.js'
import { startTestbed, type Testbed } from './harness/testbed.js'

const password = 'a-phone-in-a-page'
const gapMsMax = 500
const alicesHz = 310
const holdMs = 3_000
/** A second and a half. */
const resumedSamples = 12_000

let runs = 0

/** What two hear of each other when a third one holds or transfers them. */
describe.skipIf(!needs('baresip'))('who is held or transferred', { timeout: 60_000 }, () => {
  let bed: Testbed
  let ends: (() => Promise<void>)[] = []
  beforeAll(async () => {
    bed = await startTestbed({
      DIALPLANE_SIP_USERS: ['bob', 'carol', 'dave'].map((user) => `${user}:${password}`).join(','),
      // SIP.js knows only this.
      DIALPLANE_SIP_DIGEST: 'MD5',
    })
  })
  afterEach(async () => {
    await Promise.all(ends.map((end) => end()))
    ends = []
  })
  afterAll(() => bed?.close())

  /** A phone that says its tone and knows when it heard what. */
  const page = async (user: string, toneHz: number): Promise<PagePhone> => {
    const url = `ws://127.0.0.1:${bed.router.httpPort}/sip`
    const phone = await startPagePhone({ url, user, password, toneHz })
    ends.push(() => phone.close())
    expect(await phone.register()).toBe(200)
    return phone
  }
  /** Alice, of whom there is one for each transport; who is killed leaves without a word. */
  const baresip = async (transport: string): Promise<Baresip> => {
    const phone = await startBaresip(bed.path(`baresip-${runs++}`), {
      registers: `alice-${transport}:secret@127.0.0.1:${bed.router.sipPort};transport=${transport}`,
      account: 'answermode=auto',
      says: writeWav(bed.path(`says-${runs}.wav`), tones([alicesHz], 60)),
    })
    ends.push(() => phone.kill())
    await phone.registered()
    return phone
  }
  const dialing = (name: string, user: string, more = '') =>
    bed.number({
      [`/${name}`]: `<Response><Dial ${more} action="/${name}/done"><Client>${user}</Client></Dial></Response>`,
      [`/${name}/done`]: '<Response><Hangup/></Response>',
    })
  const soundOf = (phone: PagePhone, call: number) =>
    eventually('the sound of the call', () => phone.sounds[call])
  const accept = async (phone: PagePhone) => {
    const invitation = await eventually('the call', () => phone.invitations[0])
    await invitation.accept()
    return invitation
  }
  /** Resolves when that much of the tone was heard. */
  const hears = async (phone: PagePhone, call: number, toneHz: number, seconds: number) => {
    const sound = await soundOf(phone, call)
    await eventually(
      `${toneHz} Hz`,
      () => toneSeconds(sound.heard(), toneHz) >= seconds || undefined,
    )
  }

  it.each(['udp', 'tcp'])(
    'hears nothing while baresip holds, and hears it again (%s)',
    async (transport) => {
      const alice = await baresip(transport)
      const bob = await page('bob', 620)
      const number = await dialing(`hold-${transport}`, `alice-${transport}`)
      const { session, status } = await bob.call(bed.uriOf(number))
      expect(status).toBe(200)
      await hears(bob, 0, alicesHz, 2)
      const sound = await soundOf(bob, 0)
      alice.hold()
      await eventually('silence', () => silentMs(sound.heard()) > gapMsMax || undefined)
      const before = toneSeconds(sound.heard(), alicesHz)
      await delay(holdMs)
      expect(toneSeconds(sound.heard(), alicesHz)).toBe(before)
      alice.resume()
      await hears(bob, 0, alicesHz, before + 2)
      await session.bye()
      await alice.event('CALL_CLOSED')
      const after = sound.heard().slice(-resumedSamples)
      expect(silentMs(sound.heard())).toBeGreaterThan(holdMs)
      expect(longestGapMs(after, alicesHz)).toBeLessThan(gapMsMax)
      await bed.quiet()
    },
  )

  it('who was called talks to a third one when baresip, the caller, transfers', async () => {
    const alice = await baresip('udp')
    const [bob, carol] = [await page('bob', 620), await page('carol', 930)]
    const number = await dialing('blind', 'bob', 'referUrl="/blind/transfer"')
    bed.app.on('/blind/transfer', '<Response><Dial><Client>carol</Client></Dial></Response>')
    alice.dial(bed.uriOf(number))
    const bobs = await accept(bob)
    await hears(bob, 0, alicesHz, 1)
    alice.transfer(`sip:carol@127.0.0.1:${bed.router.sipPort}`)
    const { parameters } = await bed.app.received('/blind/transfer')
    expect(parameters.ReferTransferTarget).toContain('sip:carol@')
    const carols = await accept(carol)
    await Promise.all([hears(bob, 0, 930, 3), hears(carol, 0, 620, 3)])
    await alice.event('CALL_CLOSED')
    await carols.bye()
    await bob.ended(bobs)
    for (const [phone, toneHz] of [
      [bob, 930],
      [carol, 620],
    ] as const) {
      const sound = await soundOf(phone, 0)
      expect(longestGapMs(sound.heard(), toneHz)).toBeLessThan(gapMsMax)
    }
    await bed.quiet()
  })

  it('two calls of SIP.js become one (REFER with Replaces)', async () => {
    const [bob, carol, dave] = [
      await page('bob', 620),
      await page('carol', 930),
      await page('dave', 1_240),
    ]
    const [first, second] = [await dialing('one', 'bob'), await dialing('two', 'carol')]
    const toBob = await dave.call(bed.uriOf(first))
    const bobs = await accept(bob)
    const toCarol = await dave.call(bed.uriOf(second))
    const carols = await accept(carol)
    await Promise.all([hears(bob, 0, 1_240, 1), hears(carol, 0, 1_240, 1)])
    expect([toBob.status, toCarol.status]).toEqual([200, 200])
    expect(await dave.transfer(toBob.session, toCarol.session)).toBe(202)
    await Promise.all([hears(bob, 0, 930, 3), hears(carol, 0, 620, 3)])
    await Promise.all([dave.ended(toBob.session), dave.ended(toCarol.session)])
    await carols.bye()
    await bob.ended(bobs)
    // From one voice to the other, too.
    for (const phone of [bob, carol]) {
      const sound = await soundOf(phone, 0)
      expect(silentMs(sound.heard())).toBeLessThan(gapMsMax)
    }
    await bed.quiet()
  })
})

const windowMs = 20

/** The longest silence between two sounds, or after the last one [ms]. */
function silentMs(samples: Samples): number {
  const all = levels(samples, windowMs)
  let longest = 0
  let since = all.findIndex((level) => level > 300)
  if (since < 0) return all.length * windowMs
  for (const [index, level] of all.entries()) {
    if (level <= 300) longest = Math.max(longest, index - since)
    else since = index
  }
  return longest * windowMs
}

/** The longest silence after this tone was heard first [ms]. */
function longestGapMs(samples: Samples, toneHz: number): number {
  const window = 800
  for (let at = 0; at + window <= samples.length; at += window) {
    if (toneSeconds(samples.subarray(at, at + window), toneHz) === 0) continue
    return silentMs(samples.subarray(at))
  }
  throw new Error(`${toneHz} Hz was never heard`)
}
