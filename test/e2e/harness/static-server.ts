import { createReadStream, existsSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { extname, join, normalize } from 'node:path'

const types: { readonly [extension: string]: string } = {
  '.xml': 'text/xml',
  '.mp3': 'audio/mpeg',
  '.wav': 'audio/x-wav',
}

export interface StaticServer {
  readonly baseUrl: string
  readonly paths: readonly string[]
  close(): Promise<void>
}

/** A plain file server: GET of files, nothing else. */
export async function startStaticServer(directory: string): Promise<StaticServer> {
  const paths: string[] = []
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://host')
    paths.push(pathname)
    const file = join(directory, normalize(decodeURIComponent(pathname)))
    if (request.method !== 'GET' || !existsSync(file)) {
      response.writeHead(request.method === 'GET' ? 404 : 405).end()
      return
    }
    response.writeHead(200, { 'Content-Type': types[extname(file)] ?? 'text/plain' })
    createReadStream(file).pipe(response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    paths,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
