import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http'
import type { AddressInfo } from 'node:net'
import twilio from 'twilio'
import { eventually } from './eventually.js'

export interface ReceivedRequest {
  readonly method: string
  readonly path: string
  readonly url: string
  /** Of the body of a POST, or of the query of a GET. */
  readonly parameters: { readonly [name: string]: string }
  readonly headers: IncomingHttpHeaders
}

/** TwiML as text, or a function that answers otherwise. */
export type Responder =
  | string
  | ((request: ReceivedRequest, response: ServerResponse) => string | undefined)

/** A sound as the answer. */
export function sound(wav: Buffer): Responder {
  return (_request, response) => {
    response.writeHead(200, { 'Content-Type': 'audio/wav' }).end(wav)
    return undefined
  }
}

/** The application of a customer: records every request and refuses those that are not signed right. */
export interface Application {
  readonly baseUrl: string
  readonly requests: readonly ReceivedRequest[]
  url(path: string): string
  on(path: string, responder: Responder): void
  to(path: string): readonly ReceivedRequest[]
  /** The next request to `path` that matches, also one that has been received already. */
  received(
    path: string,
    matches?: (request: ReceivedRequest) => boolean,
    secondsMax?: number,
  ): Promise<ReceivedRequest>
  /** Throws when a request was not signed as the official SDK wants it. */
  close(): Promise<void>
}

export async function startApplication(authToken: string): Promise<Application> {
  const requests: ReceivedRequest[] = []
  const responders = new Map<string, Responder>()
  const faults: string[] = []
  const server = createServer(async (incoming, response) => {
    const body = await bodyOf(incoming)
    if (body === undefined) return
    const url = `http://${incoming.headers.host}${incoming.url}`
    const { pathname, searchParams } = new URL(url)
    const form = new URLSearchParams(body)
    const isPost = incoming.method === 'POST'
    const parameters = Object.fromEntries(isPost ? form : searchParams)
    const { headers, method = '' } = incoming
    const signature = String(headers['x-twilio-signature'] ?? '')
    const signed = isPost ? parameters : {}
    if (!twilio.validateRequest(authToken, signature, url, signed)) {
      faults.push(`${method} ${url} ${JSON.stringify(parameters)} has a wrong signature`)
    }
    const request = { method, path: pathname, url, parameters, headers }
    requests.push(request)
    const responder = responders.get(pathname)
    if (responder === undefined) {
      response.writeHead(404).end()
      return
    }
    const document = typeof responder === 'string' ? responder : responder(request, response)
    if (document === undefined) return
    response.writeHead(200, { 'Content-Type': 'text/xml' }).end(document)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const to = (path: string) => requests.filter((request) => request.path === path)
  return {
    baseUrl,
    requests,
    url: (path) => baseUrl + path,
    on: (path, responder) => responders.set(path, responder),
    to,
    received: (path, matches = () => true, secondsMax = 20) =>
      eventually(`a request to ${path}`, () => to(path).find(matches), secondsMax),
    async close() {
      await new Promise((resolve) => {
        server.close(resolve)
        server.closeAllConnections()
      })
      if (faults.length > 0) throw new Error(faults.join('\n'))
    },
  }
}

/** What a client sends, or nothing when it leaves before its end. */
export async function bodyOf(incoming: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = []
  try {
    for await (const chunk of incoming) chunks.push(chunk as Buffer)
  } catch {
    return undefined
  }
  return Buffer.concat(chunks).toString()
}
