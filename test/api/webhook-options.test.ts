import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestbed, type Testbed } from '../e2e/harness/testbed.js'
import { webhookOptionsRequest } from '../e2e/harness/webhook-options.js'
import { addAccount } from './other-accounts.js'

describe('/dialplane/v1/WebhookOptions', () => {
  let bed: Testbed
  beforeAll(async () => {
    bed = await startTestbed()
  })
  afterAll(() => bed?.close())

  const api = (...parameters: ParametersAfterFirst) => webhookOptionsRequest(bed, ...parameters)

  it('makes, shows, replaces and deletes those of the account', async () => {
    expect(await api('/default')).toMatchObject({ status: 404, body: { code: 20404 } })
    const made = await api('/default.json', [
      ['MirrorUrls', 'https://mirror.example/a,b'],
      ['MirrorUrls', 'http://other.example/'],
      ['StateIn', 'query,headers'],
      ['Withhold', 'From'],
      ['Withhold', 'Geo'],
    ])
    const shown = {
      ...{ account_sid: bed.router.accountSid, phone_number: null },
      mirror_urls: ['https://mirror.example/a,b', 'http://other.example/'],
      ...{ state_in: ['headers', 'query'], withhold: ['From', 'Geo'] },
      url: '/dialplane/v1/WebhookOptions/default',
    }
    expect(made).toMatchObject({ status: 201, body: shown })
    expect(made.body.sid).toMatch(/^WO[0-9a-f]{32}$/)
    expect(await api('/default')).toMatchObject({ status: 200, body: shown })
    const replaced = await api('/default', [['StateIn', 'headers']], 'PUT')
    expect(replaced).toMatchObject({
      status: 200,
      body: { sid: made.body.sid, mirror_urls: [], state_in: ['headers'], withhold: [] },
    })
    expect(replaced.body.date_created).toBe(made.body.date_created)
    expect(await api('/default', undefined, 'DELETE')).toEqual({ status: 204 })
    expect(await api('/default', undefined, 'DELETE')).toMatchObject({ status: 404 })
  })

  it('lists those of numbers, page by page', async () => {
    for (const number of ['+15550100001', '+15550100002', '%2B15550100003']) {
      expect(await api(`/${number}`, [['Withhold', 'Geo']])).toMatchObject({ status: 201 })
    }
    const numbers: unknown[] = []
    let path: string | undefined = '.json?PageSize=2'
    while (path) {
      const { body } = await api(path)
      numbers.push(...body.webhook_options.map(({ phone_number }) => phone_number))
      path = body.next_page_uri?.replace('/dialplane/v1/WebhookOptions', '')
    }
    expect(numbers.sort()).toEqual(['+15550100001', '+15550100002', '+15550100003'])
  })

  it.each([
    ['/default', [['MirrorUrls', 'ftp://mirror.example/']], "'MirrorUrls'"],
    ['/default', [['MirrorUrls', '/relative']], "'MirrorUrls'"],
    ['/default', [['MirrorUrls', 'http://']], "'MirrorUrls'"],
    ['/default', [['MirrorUrls', `http://a.example/${'x'.repeat(4_000)}`]], "'MirrorUrls'"],
    [
      '/default',
      [1, 2, 3, 4, 5].map((number) => ['MirrorUrls', `http://a.example/${number}`]),
      'there can be 4',
    ],
    ['/default', [['StateIn', 'headers body']], "'StateIn'"],
    ['/default', [['Withhold', 'From,To']], "'Withhold'"],
    ['/5550100', [], 'E.164'],
    ['/+0123', [], 'E.164'],
    ['/other', [], 'E.164'],
  ] as [string, [string, string][], string][])('refuses %s with %j', async (path, form, why) => {
    const { status, body } = await api(path, form)
    expect({ status, code: body.code }).toEqual({ status: 400, code: 20001 })
    expect(body.message).toContain(why)
  })

  it('is for every account by itself', async () => {
    const other = await addAccount(bed)
    const credentials = `${other.sid}:${other.authToken}`
    await api('/+15550100009', [['StateIn', 'query']])
    expect(await api('/+15550100009', undefined, 'GET', credentials)).toMatchObject({ status: 404 })
    expect(await api('/default', [], 'POST', credentials)).toMatchObject({ status: 201 })
    const { body } = await api('', undefined, 'GET', credentials)
    expect(body.webhook_options).toMatchObject([{ account_sid: other.sid, phone_number: null }])
    expect(await api('/default')).toMatchObject({ status: 404 })
    expect(await api('', undefined, 'GET', 'nobody:knows')).toMatchObject({ status: 401 })
    expect(await api('', [], 'POST')).toMatchObject({ status: 405, body: { code: 20004 } })
  })
})

type ParametersAfterFirst =
  Parameters<typeof webhookOptionsRequest> extends [unknown, ...infer Rest] ? Rest : never
