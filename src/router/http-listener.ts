import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  STATUS_CODES,
} from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { tlsVersionMin } from '../net/sip-tls.js'
import type { TlsFiles } from './tls-files.js'

/** Takes the connection of a request for a WebSocket. */
export type UpgradeListener = (request: IncomingMessage, socket: Socket, head: Buffer) => void

export interface HttpListener {
  readonly port: number
  /** Answers requests from now on; until then they get 503. */
  serve(listener: RequestListener, onUpgrade: UpgradeListener): void
  close(): Promise<void>
}

const headersTimeoutMs = 10_000
const requestTimeoutMs = 30_000
const webSocketPath = '/sip'

/** Listens for HTTP, or for HTTPS with a certificate; port 0 is any free one. */
export async function listenHttp(
  host: string,
  port: number,
  tls?: TlsFiles,
): Promise<HttpListener> {
  let handler: RequestListener = (_request, reply) => {
    reply.writeHead(503, { 'Retry-After': '1' }).end()
  }
  let onUpgrade: UpgradeListener = (_request, socket) => refuse(socket, 503)
  const server = makeServer((request, reply) => handler(request, reply), tls)
  server.headersTimeout = headersTimeoutMs
  server.requestTimeout = requestTimeoutMs
  server.on('upgrade', (request: IncomingMessage, duplex: Duplex, head: Buffer) => {
    const socket = duplex as Socket
    if (request.headers.upgrade?.toLowerCase() !== 'websocket') {
      serveWithoutUpgrade(server, request, socket, head, tls ? 'secureConnection' : 'connection')
    } else if (request.url?.split('?')[0] !== webSocketPath) refuse(socket, 404)
    else onUpgrade(request, socket, head)
  })
  const bound = await listen(server, host, port)
  return {
    port: bound,
    serve(listener, upgradeListener) {
      handler = listener
      onUpgrade = upgradeListener
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/** The URL of a listener as seen from this machine. */
export function localUrl(host: string, port: number): string {
  if (host === '0.0.0.0' || host === '::') return `http://127.0.0.1:${port}`
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`
}

function makeServer(handler: RequestListener, tls: TlsFiles | undefined): Server {
  if (!tls) return createServer(handler)
  const secured = {
    cert: tls.certificate,
    key: tls.key,
    minVersion: tlsVersionMin,
    handshakeTimeout: headersTimeoutMs,
  } as const
  return createSecureServer(secured, handler)
}

/**
 * RFC 9110 §7.8: an offer of another protocol, as HTTP/2 over cleartext, may be ignored. Node has read the
 * head of the request already, so the connection starts again with a head that offers nothing.
 */
function serveWithoutUpgrade(
  server: Server,
  request: IncomingMessage,
  socket: Socket,
  head: Buffer,
  event: 'connection' | 'secureConnection',
): void {
  const fields: string[] = []
  for (let index = 0; index < request.rawHeaders.length; index += 2) {
    const [name = '', value = ''] = request.rawHeaders.slice(index, index + 2)
    if (!/^(upgrade|connection|http2-settings)$/i.test(name)) fields.push(`${name}: ${value}\r\n`)
  }
  const line = `${request.method} ${request.url} HTTP/${request.httpVersion}\r\n`
  socket.unshift(Buffer.concat([Buffer.from(`${line}${fields.join('')}\r\n`, 'latin1'), head]))
  server.emit(event, socket)
}

function refuse(socket: Socket, status: number): void {
  socket.on('error', () => socket.destroy())
  socket.once('finish', () => socket.destroy())
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`,
  )
}

function listen(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ host, port }, () => {
      server.off('error', reject)
      resolve((server.address() as AddressInfo).port)
    })
  })
}
