import { createSocket } from 'node:dgram'
import { existsSync, readFileSync } from 'node:fs'
import { type SippOptions, type SippServer, startSippServer } from './sipp.js'
import type { Testbed } from './testbed.js'

export interface GatewayPeer extends SippServer {
  /** Request-URIs of the calls that it got, those sent again not counted. */
  invites(): string[]
}

let peers = 0

/** sipp as a gateway that takes any number of calls until it is killed. */
export async function startGateway(
  bed: Testbed,
  scenario: string,
  more: Partial<SippOptions> = {},
): Promise<GatewayPeer> {
  const log = bed.path(`gateway-${peers++}.log`)
  const trace = ['-trace_msg', '-message_file', log]
  const parameters = [...trace, ...(more.parameters ?? [])]
  const options = { scenario, cwd: bed.directory, calls: 100_000, ...more, parameters }
  const server = await startSippServer(options)
  return {
    ...server,
    invites() {
      const text = existsSync(log) ? readFileSync(log, 'utf8') : ''
      const messages = text.matchAll(/^INVITE (\S+) SIP\/2\.0\r?\n[\s\S]*?^Call-ID: *(\S+)/gim)
      return [...new Map([...messages].map(([, uri = '', callId]) => [callId, uri])).values()]
    },
  }
}

/** A port where nobody answers, whatever comes. */
export async function startSilence(): Promise<{ readonly port: number; close(): void }> {
  const socket = createSocket('udp4')
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve))
  const { port } = socket.address()
  return { port, close: () => void socket.close() }
}

export interface RestAnswer {
  readonly status: number
  readonly body: RestBody
}

/** A gateway, a page of them, or an error: whichever the test expects. */
export interface RestBody {
  readonly sid: string
  readonly code: number
  readonly message: string
  readonly next_page_uri: string | null
  readonly gateways: readonly { readonly sid: string; readonly name: string }[]
  readonly status: unknown
  readonly live_calls: number
}

/** A request to /dialplane/v1. */
export async function platformRequest(
  { router }: Testbed,
  path: string,
  form?: { readonly [name: string]: string | number },
  method = form ? 'POST' : 'GET',
  credentials = `${router.accountSid}:${router.authToken}`,
): Promise<RestAnswer> {
  const fields = Object.entries(form ?? {}).map(([name, value]): [string, string] => [
    name,
    String(value),
  ])
  const response = await fetch(`${router.baseUrl}/dialplane/v1${path}`, {
    method,
    headers: { Authorization: `Basic ${btoa(credentials)}` },
    ...(form ? { body: new URLSearchParams(fields) } : {}),
  })
  const text = await response.text()
  return { status: response.status, body: text === '' ? undefined : JSON.parse(text) }
}
