import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface HttpListener {
  readonly port: number
  /** Answers requests from now on; until then they get 503. */
  serve(listener: RequestListener): void
  close(): Promise<void>
}

const headersTimeoutMs = 10_000
const requestTimeoutMs = 30_000

/** Listens for HTTP; port 0 is any free one. */
export async function listenHttp(host: string, port: number): Promise<HttpListener> {
  let handler: RequestListener = (_request, reply) => {
    reply.writeHead(503, { 'Retry-After': '1' }).end()
  }
  const server = createServer((request, reply) => handler(request, reply))
  server.headersTimeout = headersTimeoutMs
  server.requestTimeout = requestTimeoutMs
  const bound = await listen(server, host, port)
  return {
    port: bound,
    serve(listener) {
      handler = listener
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

function listen(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ host, port }, () => {
      server.off('error', reject)
      resolve((server.address() as AddressInfo).port)
    })
  })
}
