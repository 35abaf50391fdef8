import { mkdtempSync, rmSync } from 'node:fs'
import { get } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ClientOptions, WebSocket } from 'ws'
import { type Certificate, makeCertificate } from '../net/certificates.js'
import { eventually } from './harness/eventually.js'
import { needs } from './harness/needs.js'
import { startTestbed, type Testbed } from './harness/testbed.js'

describe.skipIf(!needs('openssl'))('SIP over WebSocket', () => {
  let directory: string
  let certificate: Certificate
  let bed: Testbed
  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'dialplane-ws-e2e-'))
    certificate = makeCertificate(directory, 'router', 'IP:127.0.0.1')
    bed = await startTestbed({
      DIALPLANE_TLS_CERT: certificate.file,
      DIALPLANE_TLS_KEY: certificate.keyFile,
    })
  })
  afterAll(async () => {
    await bed?.close()
    rmSync(directory, { recursive: true })
  })

  /** A client that sends one request, and what is answered. */
  async function ask(url: string, method: string, options: ClientOptions = {}): Promise<string> {
    const socket = new WebSocket(url, 'sip', options)
    const received: string[] = []
    socket.on('message', (data) => received.push(`${data}`))
    await new Promise((open, failed) => socket.once('open', open).on('error', failed))
    const scheme = url.startsWith('wss') ? 'WSS' : 'WS'
    const sdp =
      'v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 9 RTP/AVP 0\r\n'
    const body = method === 'INVITE' ? sdp : ''
    socket.send(
      [
        `${method} sip:+15550100001@127.0.0.1 SIP/2.0`,
        `Via: SIP/2.0/${scheme} df7jal23ls0d.invalid;branch=z9hG4bK${method}`,
        'Max-Forwards: 70',
        'From: <sip:page@127.0.0.1>;tag=1',
        'To: <sip:+15550100001@127.0.0.1>',
        `Call-ID: ${scheme}-${method}`,
        `CSeq: 1 ${method}`,
        'Contact: <sip:page@df7jal23ls0d.invalid;transport=ws>',
        ...(body === '' ? [] : ['Content-Type: application/sdp']),
        `Content-Length: ${body.length}`,
        '',
        body,
      ].join('\r\n'),
    )
    const answer = await eventually('an answer', () =>
      received.find((text) => / \d{3} /.test(text)),
    )
    socket.close()
    return answer
  }

  it('trusts no page, though it is on a trusted machine', async () => {
    const url = `ws://127.0.0.1:${bed.router.httpPort}/sip`
    const answer = await ask(url, 'INVITE', { origin: 'https://elsewhere.example' })
    expect(answer).toMatch(/^SIP\/2.0 401 /)
    expect(answer).toMatch(/^WWW-Authenticate: Digest /im)
    expect(await bed.client.calls.list()).toEqual([])
  })

  it('answers OPTIONS over HTTPS, which serves REST, too', async () => {
    const { httpsPort } = bed.router
    const options = { ca: certificate.certificate }
    expect(await ask(`wss://127.0.0.1:${httpsPort}/sip`, 'OPTIONS', options)).toMatch(
      /^SIP\/2.0 (200|401) .*^Via: SIP\/2.0\/WSS df7jal23ls0d.invalid;/ms,
    )
    const status = await new Promise((done, failed) =>
      get(`https://127.0.0.1:${httpsPort}/healthz`, options, (reply) =>
        done(reply.resume().statusCode),
      ).once('error', failed),
    )
    expect(status).toBe(200)
  })

  it('leaves nothing behind', () => bed.quiet())
})
