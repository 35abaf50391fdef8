import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { AddressPolicy } from '../base/address-policy.js'
import { WebhookClient, type WebhookRequest } from './client.js'

let respond: (request: IncomingMessage, response: ServerResponse) => void
let seen: string[] = []
const server = createServer((request, response) => {
  seen.push(`${request.method} ${request.url}`)
  respond(request, response)
})
let base = ''
let client: WebhookClient
/** With a deadline that a test can wait for. */
let impatient: WebhookClient

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  base = `http://127.0.0.1:${port}`
  const listeners = [{ address: '127.0.0.1', port: 1 }]
  const policy = new AddressPolicy(['127.0.0.0/8', '::1/128'], listeners)
  client = new WebhookClient({ policy, userAgent: 'test' })
  impatient = new WebhookClient({ policy, userAgent: 'test', totalTimeoutMs: 500 })
})
beforeEach(() => {
  seen = []
})
afterAll(async () => {
  await client.close()
  await impatient.close()
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
})

function ask(
  path: string,
  change: Partial<WebhookRequest> = {},
  signal?: AbortSignal,
  by = client,
) {
  const url = path.startsWith('http') ? path : base + path
  return by.fetch(
    {
      url,
      method: 'POST',
      parameters: [['CallSid', 'CA1']],
      accountSid: 'AC1',
      callSid: 'CA1',
      authToken: 'secret',
      idempotencyToken: 'i',
      ...change,
    },
    signal,
  )
}

function answer(body: string | Buffer, contentType = 'text/xml', status = 200) {
  respond = (_request, response) => {
    response.writeHead(status, { 'Content-Type': contentType }).end(body)
  }
}

describe('the answer', () => {
  test('of a GET has the URL without the parameters that were added', async () => {
    answer('<Response/>')
    const { url } = await ask('/voice?a=1#rc=2', { method: 'GET' })
    expect(seen).toEqual(['GET /voice?a=1&CallSid=CA1'])
    expect(url).toBe(`${base}/voice?a=1`)
  })

  test('names its charset', async () => {
    answer(Buffer.from([0xe4]), 'Text/XML; Charset="ISO-8859-1"')
    expect(await ask('/')).toMatchObject({ contentType: 'text/xml', charset: 'ISO-8859-1' })
  })

  test('with an error status is 11200 however long its page', async () => {
    answer('x'.repeat(100_000), 'text/html', 500)
    await expect(ask('/')).rejects.toMatchObject({ errorCode: 11200 })
  })

  test('may be large when a sound is wanted, whatever its type', async () => {
    answer('x'.repeat(100_000), 'application/octet-stream')
    expect((await ask('/', { wants: 'sound' })).body).toHaveLength(100_000)
    await expect(ask('/')).rejects.toMatchObject({ errorCode: 11750 })
  })

  test('in chunks is limited too', async () => {
    respond = (_request, response) => {
      for (let chunk = 0; chunk < 10; chunk++) response.write('x'.repeat(10_000))
      response.end()
    }
    await expect(ask('/')).rejects.toMatchObject({ errorCode: 11750 })
  })
})

describe('limits', () => {
  test('one deadline for all redirects', async () => {
    respond = (_request, response) => {
      setTimeout(() => response.writeHead(302, { Location: '/again' }).end(), 200)
    }
    const answered = ask('/', {}, undefined, impatient)
    await expect(answered).rejects.toMatchObject({ code: 'ERR_WEBHOOK_TIMEOUT' })
    // Ten redirects of 200 ms each would be followed if each had a deadline of its own.
    expect(seen.length).toBeLessThan(5)
  })

  test('a body that never ends', async () => {
    respond = (_request, response) => response.write('<Response>')
    const answered = ask('/', {}, undefined, impatient)
    await expect(answered).rejects.toMatchObject({ code: 'ERR_WEBHOOK_TIMEOUT' })
  })

  test('the signal stops it during the body, with its own reason', async () => {
    respond = (_request, response) => response.write('<Response>')
    const stop = new AbortController()
    setTimeout(() => stop.abort({ type: 'hungUp' }), 50)
    await expect(ask('/', {}, stop.signal)).rejects.toEqual({ type: 'hungUp' })
  })

  test('the eleventh redirect', async () => {
    respond = (_request, response) => response.writeHead(302, { Location: '/a' }).end()
    await expect(ask('/')).rejects.toMatchObject({ errorCode: 11215 })
    expect(seen).toHaveLength(11)
  })
})

describe('redirects', () => {
  test.each([
    [302, undefined],
    [307, 'CA1'],
  ])(
    'a %i leads on with the fields of the state only if with all else: %s',
    async (status, told) => {
      const fields: unknown[] = []
      respond = (request, response) => {
        fields.push(request.headers['x-callrouter-callsid'])
        const type = { 'Content-Type': 'text/xml' }
        if (request.url === '/a') response.writeHead(200, type).end('<Response/>')
        else response.writeHead(status, { Location: '/a' }).end()
      }
      await ask('/', { headers: { 'X-CallRouter-CallSid': 'CA1' } })
      expect(fields).toEqual(['CA1', told])
    },
  )
})

describe('destinations', () => {
  test.each([
    'http://localhost:1/',
    'http://127.0.0.1:1/',
    'http://2130706433:1/',
    'http://[::ffff:7f00:1]:1/',
    'http://[::7f00:1]:1/',
    'http://169.254.169.254/',
    'http://10.0.0.1/',
    'http://0.0.0.0/',
    'http://[::]/',
    'http://my_host/',
  ])('%s is refused', async (url) => {
    await expect(ask(url)).rejects.toMatchObject({ errorCode: 11210 })
  })

  test('also by way of a redirect', async () => {
    respond = (_request, response) =>
      response.writeHead(302, { Location: 'http://127.0.0.1:1/' }).end()
    await expect(ask('/')).rejects.toMatchObject({ errorCode: 11210 })
  })
})

describe('secrets', () => {
  test('a message shows neither user info nor query; malformed escapes are sent as they are', async () => {
    answer('no', 'text/html', 403)
    const url = base.replace('http://', 'http://me:p%zz@')
    const error = await ask(`${url}/x?token=t0p`, { method: 'GET' }).catch((cause) => cause)
    expect(error.message).toBe(`HTTP status 403 from ${base}/x`)
  })

  test('cookies come back within a call, and never without one', async () => {
    let cookie: string | undefined
    respond = (request, response) => {
      cookie = request.headers.cookie
      response.writeHead(200, { 'Set-Cookie': 'a=1', 'Content-Type': 'text/xml' }).end()
    }
    await ask('/')
    await ask('/')
    expect(cookie).toBe('a=1')
    await ask('/', { callSid: undefined })
    expect(cookie).toBeUndefined()
    client.forget('CA1')
    await ask('/')
    expect(cookie).toBeUndefined()
  })
})
