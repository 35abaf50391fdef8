import { describe, expect, it } from 'vitest'
import type { WebhookExchange, WebhookRequest } from '../webhook/client.js'
import { type MirrorOutcome, Mirrors } from './mirrors.js'

function request(url: string, accountSid = 'AC1'): WebhookRequest {
  return {
    ...{ url, method: 'POST', parameters: [['A', '1']], accountSid, callSid: 'CA1' },
    ...{ authToken: 'secret', idempotencyToken: 'token' },
  }
}

/** Mirrors whose answers come when the test says so. */
function stage(limits: ConstructorParameters<typeof Mirrors>[2] = {}) {
  const sent: WebhookRequest[] = []
  const open: { answer(): void; fail(): void }[] = []
  const outcomes: MirrorOutcome[] = []
  const client = {
    fetch: (copy: WebhookRequest, signal?: AbortSignal) => {
      sent.push(copy)
      return new Promise<WebhookExchange>((resolve, reject) => {
        const fail = () => reject(new Error('no answer'))
        signal?.addEventListener('abort', fail, { once: true })
        open.push({ answer: () => resolve({} as WebhookExchange), fail })
      })
    },
  }
  const mirrors = new Mirrors(client, (outcome) => outcomes.push(outcome), limits)
  const settled = () => new Promise((resolve) => setImmediate(resolve))
  return { mirrors, sent, open, outcomes, settled }
}

describe('a copy', () => {
  it('is signed for the mirror, has no cookies, and is tried once', () => {
    const { mirrors, sent } = stage()
    mirrors.send(request('http://m.example/a#rc=3&ct=500'))
    mirrors.send({ ...request('http://m.example/b'), headers: { 'X-A': '1' } })
    expect(sent).toMatchObject([
      { url: 'http://m.example/a#rc=3&ct=500&rc=0', callSid: undefined, authToken: 'secret' },
      { url: 'http://m.example/b#rc=0', idempotencyToken: 'token', headers: { 'X-A': '1' } },
    ])
    expect(sent[0]?.accountSid).not.toBe('AC1')
  })

  it('waits for its turn, and is dropped when too many do', async () => {
    const stagedFor = stage({ activePerHost: 2, waitingPerHost: 1 })
    const { mirrors, sent, open, outcomes, settled } = stagedFor
    for (const path of ['a', 'b', 'c', 'd']) mirrors.send(request(`http://m.example/${path}`))
    expect(sent).toHaveLength(2)
    expect(outcomes).toEqual(['dropped'])
    mirrors.send(request('http://other.example/'))
    mirrors.send(request('http://m.example/', 'AC2'))
    expect(sent).toHaveLength(4)
    for (let index = 0; index < 5; index++) {
      open[index]?.[index === 1 ? 'fail' : 'answer']()
      await settled()
    }
    expect(sent.map(({ url }) => url)).toContain('http://m.example/c#rc=0')
    expect(outcomes).toEqual(['dropped', 'answered', 'failed', 'answered', 'answered', 'answered'])
    expect(mirrors.size).toBe(0)
  })

  it('is dropped when there are too many of all hosts', () => {
    const { mirrors, sent, outcomes } = stage({ copiesMax: 3 })
    for (const host of 'abcd') mirrors.send(request(`http://${host}.example/`))
    expect(sent).toHaveLength(3)
    expect(outcomes).toEqual(['dropped'])
  })

  it('is given up at the end', async () => {
    const { mirrors, outcomes, settled } = stage({ activePerHost: 1 })
    for (const path of ['a', 'b', 'c']) mirrors.send(request(`http://m.example/${path}`))
    mirrors.close()
    mirrors.send(request('http://m.example/late'))
    await settled()
    expect(outcomes.sort()).toEqual(['dropped', 'dropped', 'dropped', 'failed'])
    expect(mirrors.size).toBe(0)
  })
})
