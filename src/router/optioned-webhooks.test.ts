import { describe, expect, it } from 'vitest'
import type { WebhookExchange, WebhookRequest } from '../webhook/client.js'
import { webhookErrors } from '../webhook/webhook-error.js'
import { OptionedWebhooks } from './optioned-webhooks.js'

const request: WebhookRequest = {
  ...{ url: 'http://app.example/a?x=1#rc=2', method: 'POST', parameters: [['Digits', '12']] },
  ...{ accountSid: 'AC1', callSid: 'CA1', authToken: 'secret', idempotencyToken: 'token' },
}

function stage(fetch: (sent: WebhookRequest) => Promise<Partial<WebhookExchange>>) {
  const sent: WebhookRequest[] = []
  const copies: WebhookRequest[] = []
  const client = {
    fetch: async (one: WebhookRequest) => {
      sent.push(one)
      return (await fetch(one)) as WebhookExchange
    },
  }
  const webhooks = new OptionedWebhooks(client, { send: (copy) => void copies.push(copy) })
  return { webhooks, sent, copies }
}

const answering = async ({ url }: WebhookRequest) => ({ url: url.split('#', 1)[0] ?? '' })

describe('a request', () => {
  it('without options is sent as it is', async () => {
    const { webhooks, sent, copies } = stage(answering)
    await webhooks.fetch(request)
    expect(sent[0]).toBe(request)
    expect(copies).toEqual([])
  })

  it('with options is repeated where they want it, for mirrors too', async () => {
    const { webhooks, sent, copies } = stage(answering)
    const mirrorUrls = ['https://one.example/m', 'https://two.example/m?y=2']
    const options = { mirrorUrls, stateIn: ['headers', 'query'], withhold: [] } as const
    const answer = await webhooks.fetch({ ...request, options })
    const headers = { 'X-CallRouter-Digits': '12' }
    expect(sent).toMatchObject([{ url: 'http://app.example/a?x=1&Digits=12#rc=2', headers }])
    expect(copies).toMatchObject([
      { url: 'https://one.example/m?Digits=12', headers, idempotencyToken: 'token' },
      { url: 'https://two.example/m?y=2&Digits=12', headers, method: 'POST' },
    ])
    // Otherwise the next document would carry the digits of this one along.
    expect(answer.url).toBe('http://app.example/a?x=1')
  })

  it('that was redirected, or failed, is told of by its own URL', async () => {
    const options = { mirrorUrls: [], stateIn: ['query'], withhold: [] } as const
    const elsewhere = stage(async () => ({ url: 'http://else.example/' }))
    const { url } = await elsewhere.webhooks.fetch({ ...request, options })
    expect(url).toBe('http://else.example/')
    const refused = { status: 503, contentType: 'text/plain', body: Buffer.from('no') }
    const failing = stage(async ({ url }) => {
      throw webhookErrors.badStatus(url, 503, refused)
    })
    await expect(failing.webhooks.fetch({ ...request, options })).rejects.toMatchObject({
      ...{ url: request.url, errorCode: 11200, code: 'ERR_WEBHOOK_STATUS', answer: refused },
    })
  })

  it('that is given up before it begins is copied to nobody', async () => {
    const { webhooks, sent, copies } = stage(answering)
    const options = { mirrorUrls: ['http://one.example/'], stateIn: [], withhold: [] }
    const given = webhooks.fetch({ ...request, options }, AbortSignal.abort('over'))
    await expect(given).rejects.toBe('over')
    expect([sent, copies]).toEqual([[], []])
  })
})
