import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { answer, expectAnswer, fromCaller } from '../sip/sipp-scenario.js'
import { needs } from './harness/needs.js'
import { freePort } from './harness/ports.js'
import { callWithSipp, startSippServer } from './harness/sipp.js'
import { startTestbed, type Testbed } from './harness/testbed.js'

const text = { headers: ['Content-Type: text/plain'], text: 'See you at five' }
const registers = [fromCaller('REGISTER', 1, { headers: ['Expires: 600'] }), expectAnswer(200)]
const takesText =
  '<recv request="MESSAGE"><action><ereg regexp="See you at five" search_in="body" check_it="true" assign_to="text"/></action></recv>'

describe.skipIf(!needs('sipp'))('messages between phones', () => {
  let bed: Testbed
  beforeAll(async () => {
    bed = await startTestbed()
  })
  afterAll(() => bed?.close())

  /** Registers from a port, and then listens there. */
  const phone = async (user: string, steps: readonly string[]) => {
    const port = await freePort()
    const cwd = bed.directory
    await callWithSipp(bed.router.sipPort, user, {
      scenario: { name: 'registers', steps: registers },
      parameters: ['-p', `${port}`],
      cwd,
    })
    return startSippServer({ scenario: { name: user, steps }, port, cwd })
  }
  const write = (user: string, status: number) =>
    callWithSipp(bed.router.sipPort, user, {
      scenario: { name: 'writes', steps: [fromCaller('MESSAGE', 1, text), expectAnswer(status)] },
      cwd: bed.directory,
    })

  it('reach every phone of a user, and are taken when one takes them', async () => {
    const phones = [
      await phone('alice', [takesText, answer(200)]),
      await phone('alice', [takesText, answer(415)]),
    ]
    await write('alice', 200)
    for (const { finished } of phones) expect((await finished).code).toBe(0)
  })

  it('are refused when no phone takes them, or nobody is there', async () => {
    const bob = await phone('bob', [takesText, answer(415)])
    await write('bob', 480)
    expect((await bob.finished).code).toBe(0)
    await write('nobody', 480)
    expect((await bed.router.sizes()).sipMessages).toBe(0)
  })
})
