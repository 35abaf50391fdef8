import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect as connectTls } from 'node:tls'
import { afterEach, describe, expect, it } from 'vitest'
import { makeCertificate } from '../../test/net/certificates.js'
import { type HttpListener, listenHttp } from './http-listener.js'
import type { TlsFiles } from './tls-files.js'

let listener: HttpListener
let upgrades: string[]

afterEach(() => listener?.close())

async function start(tls?: TlsFiles): Promise<void> {
  upgrades = []
  listener = await listenHttp('127.0.0.1', 0, tls)
}

function serve(): void {
  listener.serve(
    (request, reply) => {
      let body = ''
      request.on('data', (chunk) => {
        body += chunk
      })
      request.on('end', () => reply.end(`${request.method} ${request.url} <${body}>`))
    },
    (request, socket) => {
      upgrades.push(request.url ?? '')
      socket.end('HTTP/1.1 101 Switching Protocols\r\n\r\n')
    },
  )
}

async function answerTo(socket: Socket, text: string, last: RegExp): Promise<string> {
  let answer = ''
  socket.on('data', (chunk) => {
    answer += chunk
  })
  socket.on('error', () => undefined)
  socket.write(text)
  await expect.poll(() => answer).toMatch(last)
  socket.destroy()
  return answer
}

const plain = () => connect(listener.port, '127.0.0.1')
const webSocket = (path: string) =>
  `GET ${path} HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`
const offersHttp2 =
  'POST /calls HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMA\r\nContent-Length: 5\r\n\r\nTo=+1'
const second = 'GET /second HTTP/1.1\r\nHost: a\r\n\r\n'

describe('the HTTP listener', () => {
  it('hands over WebSockets at one path only', async () => {
    await start()
    expect(await answerTo(plain(), webSocket('/sip'), /\r\n\r\n/)).toMatch(/^HTTP\/1.1 503 /)
    serve()
    expect(await answerTo(plain(), webSocket('/sip?x=1'), /\r\n\r\n/)).toMatch(/^HTTP\/1.1 101 /)
    expect(await answerTo(plain(), webSocket('/other'), /\r\n\r\n/)).toMatch(/^HTTP\/1.1 404 /)
    expect(upgrades).toEqual(['/sip?x=1'])
  })

  it('ignores offers of HTTP/2, and keeps the body and the connection', async () => {
    await start()
    serve()
    const answer = await answerTo(plain(), offersHttp2 + second, /second <>/)
    expect(answer).toMatch(/POST \/calls <To=\+1>/)
    expect(upgrades).toEqual([])
  })

  it('does the same over TLS with a certificate', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'dialplane-https-'))
    const { certificate, key } = makeCertificate(directory, 'local', 'IP:127.0.0.1')
    rmSync(directory, { recursive: true })
    await start({ certificate, key })
    serve()
    const secured = async () => {
      const socket = connectTls({ host: '127.0.0.1', port: listener.port, ca: certificate })
      await once(socket, 'secureConnect')
      return socket
    }
    expect(await answerTo(await secured(), webSocket('/sip'), /\r\n\r\n/)).toMatch(/ 101 /)
    const answer = await answerTo(await secured(), offersHttp2 + second, /second <>/)
    expect(answer).toMatch(/POST \/calls <To=\+1>/)
  })
})
