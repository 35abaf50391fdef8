import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type Certificate, makeCertificate } from '../net/certificates.js'
import { readWav, syllables, wavBytes } from './harness/audio.js'
import { type Baresip, startBaresip } from './harness/baresip.js'
import { call } from './harness/caller.js'
import { eventually } from './harness/eventually.js'
import { correlationsBySecond } from './harness/measure.js'
import { needs } from './harness/needs.js'
import { freePort } from './harness/ports.js'
import { callerNumber, startTestbed, type Testbed } from './harness/testbed.js'

describe.skipIf(!needs('baresip', 'openssl'))('calls over TLS', () => {
  let directory: string
  let certificate: Certificate
  let bed: Testbed
  let baresip: Baresip | undefined
  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'dialplane-tls-e2e-'))
    certificate = makeCertificate(directory, 'router', 'IP:127.0.0.1,DNS:localhost')
    bed = await startTestbed({
      DIALPLANE_TLS_CERT: certificate.file,
      DIALPLANE_TLS_KEY: certificate.keyFile,
      DIALPLANE_TLS_CA: certificate.file,
    })
  })
  afterEach(() => baresip?.kill())
  afterAll(async () => {
    await bed?.close()
    rmSync(directory, { recursive: true })
  })

  const secured = (number: string) => `sip:${number}@127.0.0.1:${bed.router.sipsPort};transport=tls`

  // On a busy machine packets may come too late for its jitter buffer; then it is tried again.
  it('of baresip, which hears the prompt as it was', { retry: 2 }, async () => {
    const prompt = syllables(4)
    const number = await bed.number({
      '/menu': `<Response><Gather timeout="1"/><Play>/prompt.wav</Play><Hangup/></Response>`,
      '/prompt.wav': (_request, response) => {
        response.writeHead(200, { 'Content-Type': 'audio/wav' }).end(wavBytes(prompt))
        return undefined
      },
    })
    const place = mkdtempSync(join(directory, 'baresip-'))
    baresip = await startBaresip(join(place, 'baresip'), {
      settings: [`sip_cafile ${certificate.file}`],
    })
    baresip.dial(secured(number))
    await baresip.event('CALL_ESTABLISHED')
    await baresip.event('CALL_CLOSED')
    expect((await bed.endedCall(number)).status).toBe('completed')
    await baresip.kill()
    const correlations = correlationsBySecond(prompt, readWav(baresip.heardFile()).samples)
    expect(correlations).toHaveLength(4)
    for (const correlation of correlations) expect(correlation).toBeGreaterThan(0.9)
  })

  it('to baresip, whose certificate the router knows', async () => {
    const sipPort = await freePort()
    const place = mkdtempSync(join(directory, 'callee-'))
    const both = join(directory, 'both.pem')
    writeFileSync(both, certificate.certificate + certificate.key)
    baresip = await startBaresip(join(place, 'baresip'), {
      sipPort,
      account: 'answermode=auto',
      settings: [`sip_certificate ${both}`],
    })
    bed.app.on('/called', '<Response><Gather timeout="1"/><Hangup/></Response>')
    const placed = await bed.client.calls.create({
      // Its port for TLS is the next one; the name is that of the certificate, too.
      to: `sip:baresip@localhost:${sipPort + 1};transport=tls`,
      from: callerNumber,
      url: bed.app.url('/called'),
    })
    const ended = await eventually('the call to end', async () => {
      const { status } = await bed.client.calls(placed.sid).fetch()
      return /completed|failed|busy|no-answer/.test(status) ? status : undefined
    })
    expect(ended).toBe('completed')
    expect(baresip.output()).toMatch(/CALL_ESTABLISHED|[Cc]all established/)
  })

  it('are refused by a caller that does not know the authority', async () => {
    const number = await bed.number({ '/never': '<Response/>' })
    const { code } = await call(secured(number), { maxSeconds: 5, ringSeconds: 5 })
    expect(code).toBe(1)
    expect(await bed.client.calls.list({ to: number })).toEqual([])
  })

  it('leave nothing behind', () => bed.quiet())
})
