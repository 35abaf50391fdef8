import { once } from 'node:events'
import { createServer as createHttpServer } from 'node:http'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { normalLimits } from '../../src/webhook/circuit.js'
import { document, openStage, type Stage } from './stage.js'

let stage: Stage
let nowMs = 0
beforeEach(async () => {
  nowMs = 0
  stage = await openStage({
    nowMs: () => nowMs,
    hosts: { connectionsPerHost: 2, waitingPerHost: 2 },
  })
})
afterEach(() => stage.close())

/** A port where nobody listens. */
async function deadPort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

describe('connection overrides', () => {
  test('are neither sent nor signed', async () => {
    await stage.ask('/a?b=c')
    await stage.ask('/a?b=c#rc=3&ct=200')
    const [plain, overridden] = stage.seen
    expect(overridden?.url).toBe('/a?b=c')
    expect(overridden?.headers['x-twilio-signature']).toBe(plain?.headers['x-twilio-signature'])
  })

  test.each([
    ['#e=ashburn', 11241],
    ['#rc=7', 11100],
  ])('%s is refused before anything is sent', async (fragment, errorCode) => {
    await expect(stage.ask(`/a${fragment}`)).rejects.toMatchObject({ errorCode })
    expect(stage.seen).toHaveLength(0)
  })

  test.each([
    ['', 503, 1],
    ['#rc=0&rp=all', 503, 1],
    ['#rc=3&rp=5xx', 503, 4],
    ['#rc=3&rp=4xx', 503, 1],
    ['#rc=2&rp=4xx,ct', 404, 3],
    ['#rc=5&rp=all', 418, 6],
  ])(
    'with %s a status %i is asked for %i times, with one token',
    async (fragment, status, tries) => {
      stage.respond = (_request, response) => response.writeHead(status).end('no')
      const failure = await stage.ask(`/a${fragment}`).catch((error) => error)
      expect(failure).toMatchObject({ errorCode: 11200, counts: { tries, redirects: 0 } })
      expect(failure.answer).toMatchObject({ status, body: Buffer.from('no') })
      const tokens = stage.seen.map(({ headers }) => headers['i-twilio-idempotency-token'])
      expect(tokens).toEqual(Array(tries).fill('token'))
    },
  )

  test('rt is the time without an answer, and rp=rt asks again', async () => {
    stage.respond = (_request, response) => {
      if (stage.seen.length === 2) response.writeHead(200, { 'Content-Type': 'text/xml' }).end('ok')
    }
    const answer = await stage.ask('/a#rt=100&rc=1&rp=rt')
    expect(answer).toMatchObject({ tries: 2, redirects: 0 })
  })

  test('retries are counted over all redirects', async () => {
    stage.respond = (request, response) => {
      const isFirst = stage.seen.filter(({ url }) => url === request.url).length === 1
      if (isFirst) response.writeHead(500).end()
      else if (request.url === '/c') response.writeHead(200).end()
      else response.writeHead(307, { Location: request.url === '/a' ? '/b' : '/c' }).end()
    }
    await expect(stage.ask('/a#rc=2&rp=5xx')).rejects.toMatchObject({ errorCode: 11200 })
    expect(stage.seen.map(({ url }) => url)).toEqual(['/a', '/a', '/b', '/b', '/c'])
  })

  test('tt ends all tries together', async () => {
    stage.respond = () => {}
    const failure = await stage.ask('/a#tt=200&rt=100&rc=5&rp=rt').catch((error) => error)
    expect(failure.errorCode).toBe(11200)
    // Six tries of 100 ms and more do not fit.
    expect(stage.seen.length).toBeLessThan(4)
  })

  test('a connection that breaks is tried again once', async () => {
    const answer = stage.respond
    stage.respond = (request, response) => {
      if (stage.seen.length === 1) request.socket.destroy()
      else answer(request, response)
    }
    expect((await stage.ask('/a')).tries).toBe(2)
  })
})

describe('a host that does not answer', () => {
  test('gets no requests for a while; then one probe', async () => {
    const port = await deadPort()
    const url = `http://127.0.0.1:${port}/a#rc=0`
    for (let failure = 0; failure < normalLimits.failuresInRowMax; failure++) {
      await expect(stage.ask(url)).rejects.toMatchObject({ code: 'ERR_WEBHOOK_CONNECTION' })
    }
    expect(stage.client.openCircuits).toBe(1)
    const refused = { code: 'ERR_WEBHOOK_CIRCUIT', errorCode: 11205 }
    await expect(stage.ask(url)).rejects.toMatchObject(refused)
    // Other hosts and other accounts are not touched.
    expect((await stage.ask('/a')).body.toString()).toBe(document)
    const ofAnother = stage.ask(url, { accountSid: 'AC2' })
    await expect(ofAnother).rejects.toMatchObject({ code: 'ERR_WEBHOOK_CONNECTION' })
    nowMs += normalLimits.pauseMs
    const server = createHttpServer((_request, response) => response.writeHead(200).end())
    server.listen(port, '127.0.0.1')
    await once(server, 'listening')
    expect((await stage.ask(url)).status).toBe(200)
    expect(stage.client.openCircuits).toBe(0)
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })

  test('errors that it answers open no circuit, nor do answers that a hasty URL did not wait for', async () => {
    stage.respond = (_request, response) => response.writeHead(500).end()
    for (let time = 0; time < 30; time++) await stage.ask('/a').catch(() => {})
    expect(stage.client.openCircuits).toBe(0)
    stage.respond = () => {}
    const hasty = Array.from({ length: 8 }, () => stage.ask('/a#tt=100').catch(() => {}))
    await Promise.all(hasty)
    expect(stage.client.openCircuits).toBe(0)
  })

  test('holds up nobody else; who waits too long in its queue is refused', async () => {
    stage.respond = () => {}
    const stop = new AbortController()
    const held = [1, 2, 3, 4].map(() => stage.ask('/slow', {}, stop.signal).catch((error) => error))
    await expect(stage.ask('/slow')).rejects.toMatchObject({ code: 'ERR_WEBHOOK_BUSY' })
    // The same machine, for another account.
    stage.respond = (request, response) => {
      if (request.url === '/quick') response.writeHead(200, { 'Content-Type': 'text/xml' }).end()
    }
    expect((await stage.ask('/quick', { accountSid: 'AC2' })).status).toBe(200)
    expect(stage.seen.filter(({ url }) => url === '/slow')).toHaveLength(2)
    stop.abort('over')
    expect(await Promise.all(held)).toEqual(['over', 'over', 'over', 'over'])
    expect((await stage.ask('/quick')).status).toBe(200)
  })

  test('those who wait get their turn in order', async () => {
    const waiting: (() => void)[] = []
    stage.respond = (_request, response) => waiting.push(() => response.writeHead(200).end())
    const asked = ['/1', '/2', '/3', '/4'].map((path) => stage.ask(path))
    while (stage.seen.length < 4) {
      await new Promise((resolve) => setImmediate(resolve))
      waiting.shift()?.()
    }
    for (const answer of waiting) answer()
    await Promise.all(asked)
    expect(stage.seen.map(({ url }) => url)).toEqual(['/1', '/2', '/3', '/4'])
  })
})

describe('the table of hosts', () => {
  test('is bounded: what is unused longest makes way, what is in use does not', async () => {
    const small = await openStage({ hosts: { hostsMax: 2 } })
    const answered = ['AC1', 'AC2', 'AC3'].map((accountSid) => small.ask('/a', { accountSid }))
    const outcomes = await Promise.allSettled(answered)
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected'])
    expect((await small.ask('/a', { accountSid: 'AC3' })).status).toBe(200)
    await small.close()
  })
})

describe('connections that were kept open', () => {
  test.each(['reset', 'end'] as const)(
    'and were given up meanwhile (%s) cost no try, though all were',
    async (how) => {
      const sockets = new Set<Socket>()
      const used = new WeakSet<Socket>()
      const server = createServer((socket) => {
        sockets.add(socket)
        socket.on('error', () => {})
        socket.on('data', () => {
          if (used.has(socket)) {
            if (how === 'reset') socket.resetAndDestroy()
            else socket.end()
            return
          }
          // The first two are answered together, so that there are two connections.
          if (sockets.size < 2) return
          for (const one of sockets) {
            if (used.has(one)) continue
            used.add(one)
            one.write('HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nContent-Length: 0\r\n\r\n')
          }
        })
      })
      server.listen(0, '127.0.0.1')
      await once(server, 'listening')
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/a#rc=0`
      await Promise.all([stage.ask(url), stage.ask(url)])
      expect(sockets.size).toBe(2)
      const answer = await stage.ask(url)
      expect(answer).toMatchObject({ status: 200, tries: 1 })
      expect(sockets.size).toBe(3)
      for (const socket of sockets) socket.destroy()
      server.close()
    },
  )

  test('and do not answer in time are not tried again', async () => {
    await stage.ask('/a')
    stage.respond = () => {}
    await expect(stage.ask('/b#rt=100&rc=0')).rejects.toMatchObject({ counts: { tries: 1 } })
    expect(stage.seen.map(({ url }) => url)).toEqual(['/a', '/b'])
  })

  test('a new one that is closed without an answer is a failure', async () => {
    let connections = 0
    const server = createServer((socket) => {
      connections++
      socket.on('error', () => {})
      socket.on('data', () => socket.end())
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/a`
    await expect(stage.ask(url)).rejects.toMatchObject({ errorCode: 11205 })
    expect(connections).toBe(2)
    server.close()
  })
})
