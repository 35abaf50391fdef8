import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { answer, expectAnswer, fromCaller, ignoreAnswer, take } from '../sip/sipp-scenario.js'
import { call } from './harness/caller.js'
import { needs } from './harness/needs.js'
import { callWithSipp, startSippServer } from './harness/sipp.js'
import { startTestbed, type Testbed } from './harness/testbed.js'

describe.skipIf(!needs('sipp'))('loops', () => {
  let bed: Testbed
  beforeAll(async () => {
    bed = await startTestbed()
  })
  afterAll(() => bed?.close())

  it('a call that a call makes may go one hop less', async () => {
    const pattern = 'Max-Forwards: 69'
    const phone = await startSippServer({
      scenario: {
        name: 'counts-hops',
        steps: [
          `<recv request="INVITE"><action><ereg regexp="${pattern}" search_in="msg" check_it="true" assign_to="hops"/></action></recv>`,
          answer(486, { tag: true }),
          take('ACK'),
        ],
      },
      cwd: bed.directory,
    })
    const number = await bed.number({
      '/dial': `<Response><Dial action="/dialled"><Sip>sip:bob@127.0.0.1:${phone.port}</Sip></Dial></Response>`,
      '/dialled': '<Response><Hangup/></Response>',
    })
    await call(bed.uriOf(number))
    expect((await phone.finished).code).toBe(0)
    expect((await bed.app.received('/dialled')).parameters).toMatchObject({
      DialCallStatus: 'busy',
    })
  })

  it('one that has no hop left is refused, and makes no other', async () => {
    const number = await bed.number({ '/never': '<Response><Hangup/></Response>' })
    await callWithSipp(bed.router.sipPort, number, {
      scenario: {
        name: 'no-hop-left',
        steps: [
          fromCaller('INVITE', 1, { sdp: true, maxForwards: 0 }),
          ignoreAnswer(100),
          expectAnswer(483),
          fromCaller('ACK', 1, { branch: '[branch-3]' }),
        ],
      },
      cwd: bed.directory,
    })
    expect(bed.app.to('/never')).toEqual([])
  })
})
