import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { AddressPolicy } from '../../src/base/address-policy.js'
import {
  WebhookClient,
  type WebhookClientOptions,
  type WebhookRequest,
} from '../../src/webhook/client.js'

/** An application and a client that may reach it. */
export interface Stage {
  readonly base: string
  readonly client: WebhookClient
  readonly seen: IncomingMessage[]
  respond: (request: IncomingMessage, response: ServerResponse) => void
  ask(
    path: string,
    change?: Partial<WebhookRequest>,
    signal?: AbortSignal,
  ): ReturnType<WebhookClient['fetch']>
  close(): Promise<void>
}

export const document = '<Response/>'

export async function openStage(options: Partial<WebhookClientOptions> = {}): Promise<Stage> {
  const seen: IncomingMessage[] = []
  const server = createServer((request, response) => {
    seen.push(request)
    stage.respond(request, response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const policy = new AddressPolicy(['127.0.0.0/8'])
  const client = new WebhookClient({ policy, userAgent: 'test', ...options })
  const stage: Stage = {
    base,
    client,
    seen,
    respond: (_request, response) =>
      response.writeHead(200, { 'Content-Type': 'text/xml' }).end(document),
    ask: (path, change = {}, signal = undefined) =>
      client.fetch(
        {
          url: path.startsWith('http') ? path : base + path,
          method: 'POST',
          parameters: [['CallSid', 'CA1']],
          accountSid: 'AC1',
          callSid: 'CA1',
          authToken: 'secret',
          idempotencyToken: 'token',
          ...change,
        },
        signal,
      ),
    async close() {
      await client.close()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
  return stage
}
