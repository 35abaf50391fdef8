import { writeFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readWav, tones, writeWav } from './harness/audio.js'
import { call } from './harness/caller.js'
import { eventually } from './harness/eventually.js'
import { levels } from './harness/measure.js'
import { needs } from './harness/needs.js'
import { callWithSipp, startSippServer } from './harness/sipp.js'
import { callerNumber, startTestbed, type Testbed } from './harness/testbed.js'

/** What the phone says when it holds, and what we answer (RFC 3264 §6.1). */
const holds = [
  ['sendonly', 'recvonly'],
  ['inactive', 'inactive'],
] as const

describe.skipIf(!needs('sipp'))('hold', () => {
  let bed: Testbed
  beforeAll(async () => {
    // A call that is held sends nothing for longer than this.
    bed = await startTestbed({ DIALPLANE_RTP_TIMEOUT_SECONDS: '2' })
    writeFileSync(bed.path('speech.ulaw'), Buffer.alloc(160_000, 0x50))
  })
  afterAll(() => bed?.close())

  it.concurrent.each(holds)('a caller holds with %s and resumes', async (hold, answer) => {
    const number = await bed.number({
      [`/${hold}`]: `<Response><Gather timeout="60"/></Response>`,
    })
    await callWithSipp(bed.router.sipPort, number, {
      scenario: 'caller-that-holds',
      cwd: bed.directory,
      values: { hold, answer, holdMs: '5000' },
    })
    const { status, duration } = await bed.endedCall(number)
    expect(status).toBe('completed')
    // It ended by its BYE, not by silence.
    expect(Number(duration)).toBeGreaterThanOrEqual(9)
  })

  it.concurrent('a caller holds in the answer to an offer that it asked for', async () => {
    const number = await bed.number({ '/late': '<Response><Gather timeout="60"/></Response>' })
    await callWithSipp(bed.router.sipPort, number, {
      scenario: 'caller-that-holds-late',
      cwd: bed.directory,
      values: { hold: 'sendonly', holdMs: '5000' },
    })
    const { status, duration } = await bed.endedCall(number)
    expect(status).toBe('completed')
    expect(Number(duration)).toBeGreaterThanOrEqual(9)
  })

  it.concurrent.each(holds)(
    'a callee holds with %s, hears nothing, and resumes',
    async (hold, answer) => {
      const phone = await startSippServer({
        scenario: 'called-holds',
        cwd: bed.directory,
        values: { hold, answer, holdMs: '4000' },
        parameters: ['-rtp_echo'],
      })
      const number = await bed.number({
        [`/dial-${hold}`]: `<Response><Dial action="/dial-${hold}/done">
        <Sip>sip:phone@127.0.0.1:${phone.port}</Sip></Dial></Response>`,
        [`/dial-${hold}/done`]: '<Response><Hangup/></Response>',
      })
      const play = writeWav(bed.path(`${hold}-in.wav`), tones([620], 14))
      const record = bed.path(`${hold}-out.wav`)
      await call(bed.uriOf(number), { play, record })
      const { code, output } = await phone.finished
      expect(code, output.slice(-4_000)).toBe(0)
      const { parameters } = await bed.app.received(`/dial-${hold}/done`)
      expect(parameters).toMatchObject({ DialCallStatus: 'completed', DialBridged: 'true' })
      // It is an echo of the caller's own tone: there, gone for four seconds, and there again.
      const [before = 0, silent = 0, after = 0] = runs(levels(readWav(record).samples, 100))
      expect({ before, silent, after }).toEqual({
        before: expect.closeTo(20, -1.3),
        silent: expect.closeTo(40, -1.3),
        after: expect.closeTo(30, -1.3),
      })
    },
  )

  it.concurrent('a call by REST is held, and ends by silence once it was resumed', async () => {
    const phone = await startSippServer({
      scenario: 'called-holds-and-vanishes',
      cwd: bed.directory,
    })
    const { sid } = await bed.client.calls.create({
      to: `sip:phone@127.0.0.1:${phone.port}`,
      from: callerNumber,
      twiml: '<Response><Gather timeout="60"/></Response>',
    })
    const { code, output } = await phone.finished
    expect(code, output.slice(-4_000)).toBe(0)
    const ended = await eventually('the call to end', async () => {
      const found = await bed.client.calls(sid).fetch()
      return found.status === 'completed' ? found : undefined
    })
    // One second, five seconds on hold, and two of silence.
    expect(Number(ended.duration)).toBeGreaterThanOrEqual(7)
    expect(Number(ended.duration)).toBeLessThan(12)
  })

  it('leaves nothing behind', { timeout: 60_000 }, () => bed.quiet(50))
})

/** The lengths of sound, silence, sound and so on, in windows; what is shorter than three is ignored. */
function runs(all: readonly number[]): number[] {
  const found: { loud: boolean; length: number }[] = []
  for (const level of all) {
    const loud = level > 300
    const last = found.at(-1)
    if (last?.loud === loud) last.length++
    else if (last && last.length < 3) {
      // A gap of some packets.
      found.pop()
      const before = found.at(-1)
      if (before?.loud === loud) before.length += last.length + 1
      else found.push({ loud, length: last.length + 1 })
    } else found.push({ loud, length: 1 })
  }
  const first = found.findIndex(({ loud }) => loud)
  return found.slice(Math.max(0, first)).map(({ length }) => length)
}
