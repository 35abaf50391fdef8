import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import type { AddressInfo, Server } from 'node:net'
import expressFramework from 'express'
import createFastify from 'fastify'
import Koa from 'koa'
import twilio from 'twilio'
import { afterEach, beforeEach, describe, expect, it, test, vi } from 'vitest'
import {
  express,
  fastify,
  koa,
  type VerificationOptions,
  validate,
} from '../../src/webhook/verification/index.js'
import { openStage } from './stage.js'

const authToken = 'secret'
const vectorsFile = new URL('../../../shared/contract/signature_vectors.json', import.meta.url)

interface Vector {
  readonly name: string
  readonly token: string
  readonly url: string
  readonly params: { readonly [name: string]: string | string[] }
  readonly expected: string
}

const sign = (url: string, params: object = {}, token = authToken) =>
  twilio.getExpectedTwilioSignature(token, url, params as { [name: string]: string })

describe('validate', () => {
  if (!existsSync(vectorsFile))
    // The vectors belong to the contract, which may stand beside this repository and is no part of it.
    it.skip('contract/signature_vectors.json is not beside this repository', () => {})
  else
    it.each(JSON.parse(readFileSync(vectorsFile, 'utf8')) as Vector[])(
      '$name',
      ({ token, url, params, expected }) => {
        expect(validate(token, expected, url, params)).toBe(true)
        expect(validate(token, expected, url, { ...params, More: '' })).toBe(false)
        expect(validate(`${token}6`, expected, url, params)).toBe(false)
      },
    )

  test.each([
    ['https://h.example/a', 'https://h.example:443/a'],
    ['https://h.example:8443/a', 'https://h.example/a'],
    ['http://h.example:8080/a?b=c', 'http://h.example:8080/a?b=c'],
    ['https://h.example', 'https://h.example/'],
    ["https://h.example/?q=It's", 'https://h.example/?q=It%27s'],
    ['https://h.example/?q=a+b&r', 'https://h.example/?q=a%20b&r='],
    ['https://h.example/a#part', 'https://h.example/a'],
    ['http://[::1]:8080/a', 'http://[::1]:8080/a'],
  ])('takes a request to %s that was signed as %s', (url, signed) => {
    const params = { B: ['2', '1', '2'], a: ' spaces ', Empty: '' }
    expect(validate(authToken, sign(signed, params), url, params)).toBe(true)
    expect(
      validate(
        authToken,
        sign(signed.replace('h.', 'i.').replace('::1', '::2'), params),
        url,
        params,
      ),
    ).toBe(false)
  })

  test('the bytes of another body are signed by their hash in the URL', () => {
    const body = '{"property": "value"}'
    const hash = createHash('sha256').update(body).digest('hex')
    const url = `https://h.example/a?bodySHA256=${hash}`
    expect(validate(authToken, sign(url), url, body)).toBe(true)
    expect(validate(authToken, sign(url), url, Buffer.from(body))).toBe(true)
    expect(validate(authToken, sign(url), url, `${body} `)).toBe(false)
    expect(validate(authToken, sign('https://h.example/a'), 'https://h.example/a', body)).toBe(
      false,
    )
  })

  test.each([
    ['', 'https://h.example/'],
    ['x', 'no URL'],
    ['x'.repeat(10_000), 'https://h.example/'],
  ])('nonsense is invalid, and no exception', (signature, url) => {
    expect(validate(authToken, signature, url)).toBe(false)
  })
})

/** An application with a framework; every request that passes is answered with the body it saw. */
type Start = (options: VerificationOptions) => Promise<{ port: number; close(): Promise<unknown> }>

async function listening(server: Server, close: () => Promise<unknown>) {
  if (!server.listening) await new Promise((resolve) => server.once('listening', resolve))
  return { port: (server.address() as AddressInfo).port, close }
}

const closeServer = (server: Server) => () =>
  new Promise((resolve) => {
    server.close(resolve)
    if ('closeAllConnections' in server) (server.closeAllConnections as () => void)()
  })

const frameworks: { readonly [name: string]: Start } = {
  async express(options) {
    const app = expressFramework()
    app.use(express(options))
    app.use((request, response) => void response.json({ body: request.body }))
    const server = app.listen(0, '127.0.0.1')
    return listening(server, closeServer(server))
  },
  async 'express after its body parser'(options) {
    const app = expressFramework()
    app.use(expressFramework.urlencoded({ extended: false }))
    app.use('/', express(options))
    app.use((request, response) => void response.json({ body: request.body }))
    const server = app.listen(0, '127.0.0.1')
    return listening(server, closeServer(server))
  },
  async koa(options) {
    const app = new Koa()
    app.use(koa(options))
    app.use((context) => {
      context.body = { body: (context.request as { body?: unknown }).body }
    })
    const server = app.listen(0, '127.0.0.1')
    return listening(server, closeServer(server))
  },
  async fastify(options) {
    const app = createFastify({ forceCloseConnections: true })
    await app.register(fastify(options))
    app.all('/*', async (request) => ({ body: request.body }))
    await app.listen({ port: 0, host: '127.0.0.1' })
    return listening(app.server, () => app.close())
  },
}

const formType = 'application/x-www-form-urlencoded; charset=utf-8'

describe.each(Object.entries(frameworks))('%s', (name, start) => {
  let close: () => Promise<unknown> = async () => {}
  let base = ''
  const open = async (options: VerificationOptions = { authToken }) => {
    const app = await start(options)
    base = `http://127.0.0.1:${app.port}`
    close = app.close
  }
  const send = async (
    path: string,
    headers: { readonly [name: string]: string },
    body?: string,
  ) => {
    const init = body === undefined ? { headers } : { method: 'POST', headers, body }
    const answer = await fetch(base + path, init)
    return { status: answer.status, text: await answer.text() }
  }
  const post = (signature: string, body = 'Digits=1&Digits=2&From=%2B1', path = '/voice?a=b') =>
    send(path, { 'X-Twilio-Signature': signature, 'Content-Type': formType }, body)
  beforeEach(() => {
    vi.stubEnv('DIALPLANE_AUTH_TOKEN', undefined)
    vi.stubEnv('TWILIO_AUTH_TOKEN', undefined)
  })
  afterEach(async () => {
    vi.unstubAllEnvs()
    await close()
  })

  const fields = { Digits: ['1', '2'], From: '+1' }

  test('passes what the official SDK signs: POST and GET', async () => {
    await open()
    const answer = await post(sign(`${base}/voice?a=b`, fields))
    expect(answer.status).toBe(200)
    expect(JSON.parse(answer.text)).toEqual({ body: fields })
    const get = await send('/voice?a=b', { 'X-Twilio-Signature': sign(`${base}/voice?a=b`) })
    expect(get.status).toBe(200)
  })

  test('answers 400 without a signature and 403 to a wrong one', async () => {
    await open()
    expect((await send('/voice', { 'Content-Type': formType }, 'a=b')).status).toBe(400)
    expect((await post(sign(`${base}/voice?a=b`, fields, 'another'))).status).toBe(403)
    expect((await post(sign(`${base}/voice?a=b`, { ...fields, From: '+2' }))).status).toBe(403)
    const signature = sign(`${base}/voice?a=b`, fields)
    expect((await post(signature, undefined, '/voice?a=c')).status).toBe(403)
    expect((await post(signature, 'Digits=1&Digits=2&From=%2B1&More=')).status).toBe(403)
  })

  test('answers 500 when it has no token; the environment may have it', async () => {
    await open({})
    const signature = sign(`${base}/voice?a=b`, fields)
    expect((await post(signature)).status).toBe(500)
    vi.stubEnv('TWILIO_AUTH_TOKEN', authToken)
    expect((await post(signature)).status).toBe(200)
    vi.stubEnv('DIALPLANE_AUTH_TOKEN', 'goes first')
    expect((await post(signature)).status).toBe(403)
  })

  test('behind a proxy: host, url and forwarded headers', async () => {
    await open({ authToken, protocol: 'https', host: 'app.example' })
    expect((await post(sign('https://app.example/voice?a=b', fields))).status).toBe(200)
    expect((await post(sign(`${base}/voice?a=b`, fields))).status).toBe(403)
    await close()
    await open({ authToken, url: 'https://app.example/public' })
    expect((await post(sign('https://app.example/public?a=b', fields))).status).toBe(200)
    await close()
    const forwarded = {
      'X-Twilio-Signature': sign('http://app.example:8080/voice'),
      'X-Forwarded-Proto': 'http',
      'X-Forwarded-Host': 'app.example, inner.example',
      'X-Forwarded-Port': '8080',
    }
    await open({ authToken, trustProxy: true })
    expect((await send('/voice', forwarded)).status).toBe(200)
    await close()
    await open({ authToken })
    expect((await send('/voice', forwarded)).status).toBe(403)
  })

  test('refuses a body that is too large', async () => {
    // With a parser before, that decides.
    const isParsed = name.includes('parser')
    await open({ authToken, bodyBytesMax: 1_000 })
    const body = `Digits=${'1'.repeat(isParsed ? 200_000 : 1_100)}`
    expect((await post(sign(base), body)).status).toBe(413)
  })

  test('checks JSON by its hash', async () => {
    await open()
    const body = '{"a": [1, 2]}'
    const hash = createHash('sha256').update(body).digest('hex')
    const path = `/events?bodySHA256=${hash}`
    const headers = {
      'X-Twilio-Signature': sign(base + path),
      'Content-Type': 'application/json',
    }
    const answer = await send(path, headers, body)
    expect(answer).toEqual({ status: 200, text: '{"body":{"a":[1,2]}}' })
    expect((await send(path, headers, '{"a": [1, 3]}')).status).toBe(403)
  })

  test('passes what the router sends', async () => {
    await open()
    const stage = await openStage()
    const parameters = [
      ['Digits', '1 &=+'],
      ['Digits', 'ü'],
      ['Empty', ''],
    ] as const
    for (const method of ['POST', 'GET'] as const) {
      const url = `${base.replace('//', '//me:secret@')}/voice?q=It's#rc=0`
      expect((await stage.ask(url, { parameters, method })).status).toBe(200)
    }
    await stage.close()
  })
})

describe('the middleware of the official SDK', () => {
  test('passes what the router sends', async () => {
    const app = expressFramework()
    app.use(expressFramework.urlencoded({ extended: false }))
    app.use(twilio.webhook(authToken) as unknown as expressFramework.RequestHandler)
    app.use((_request, response) => void response.type('text/xml').send('<Response/>'))
    const server = app.listen(0, '127.0.0.1')
    const { port, close } = await listening(server, closeServer(server))
    const stage = await openStage()
    const base = `http://127.0.0.1:${port}`
    const parameters = [
      ['Digits', '1 &=+'],
      ['Zed', 'ü'],
      ['a', ' '],
      ['Empty', ''],
    ] as const
    for (const method of ['POST', 'GET'] as const) {
      for (const path of ['/', '/a?b=c', "/a?q=It's#rc=1", '/ä?x=%20+']) {
        expect((await stage.ask(base + path, { parameters, method })).status).toBe(200)
      }
    }
    const forged = stage.ask(`${base}/a`, { authToken: 'another' })
    await expect(forged).rejects.toMatchObject({ answer: { status: 403 } })
    await stage.close()
    await close()
  })
})

describe('the package', () => {
  const root = new URL('../../', import.meta.url)
  const run = (type: string, code: string) =>
    execFileSync(process.execPath, [`--input-type=${type}`, '-e', code], {
      cwd: root,
      encoding: 'utf8',
    })

  test.each([
    ['module', "import * as webhook from 'dialplane/webhook'"],
    ['commonjs', "const webhook = require('dialplane/webhook')"],
  ])('has what it says for %s, and needs no framework', (type, load) => {
    const url = 'https://h.example/a'
    const arguments_ = [authToken, sign(url, { a: 'b' }), url, { a: 'b' }]
    const code = `${load}
      const { validate, express, koa, fastify } = webhook
      const valid = validate(...${JSON.stringify(arguments_)})
      console.log([valid, typeof express(), typeof koa(), typeof fastify()].join())`
    expect(run(type, code).trim()).toBe('true,function,function,function')
  })
})
