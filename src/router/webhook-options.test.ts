import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { SqliteStore } from '../store/sqlite/sqlite-store.js'
import { deleteWebhookOptions, putWebhookOptions } from '../store/webhook-options.js'
import {
  numberOf,
  type OptionedCall,
  optionsFinder,
  WebhookOptionsTable,
} from './webhook-options.js'

function call(change: Partial<OptionedCall>): OptionedCall {
  return {
    ...{ accountSid: 'AC1', direction: 'inbound', from: '+1555', to: '+1777' },
    parentCallSid: undefined,
    ...change,
  }
}

describe('the number whose options hold', () => {
  it.each([
    ['inbound', '+1777'],
    ['trunking-originating', '+1777'],
    ['outbound-api', '+1555'],
    ['trunking-terminating', '+1555'],
  ] as const)('of an %s call', (direction, number) => {
    expect(numberOf(call({ direction }), () => undefined)).toBe(number)
  })

  it('of a call that another has made is the number of that one', () => {
    const calls = new Map([
      ['CA1', call({})],
      ['CA2', call({ direction: 'outbound-dial', to: '+1888', parentCallSid: 'CA1' })],
    ])
    const third = call({ direction: 'outbound-dial', to: '+1999', parentCallSid: 'CA2' })
    expect(numberOf(third, (sid) => calls.get(sid))).toBe('+1777')
    expect(numberOf(third, () => undefined)).toBe('+1555')
  })

  it('is found though calls name each other', () => {
    const own = call({ direction: 'outbound-dial', parentCallSid: 'CA1' })
    expect(numberOf(own, () => own)).toBe('+1555')
  })
})

describe('the options of accounts and numbers', () => {
  const folder = mkdtempSync(join(tmpdir(), 'dialplane-webhook-options-'))
  let store: SqliteStore
  beforeAll(async () => {
    store = await SqliteStore.open(join(folder, 'dialplane.db'))
  })
  afterAll(async () => {
    await store.close()
    rmSync(folder, { recursive: true })
  })

  const put = (sid: string, target: string, mirror: string) =>
    store.write([
      putWebhookOptions({
        ...{ sid, account_sid: 'AC1', target, mirror_urls: JSON.stringify([mirror]) },
        ...{ state_in: '["query"]', withhold: '[]', created_ms: 1, updated_ms: 1 },
      }),
    ])

  it('are those of the number as a whole, else of the account, as they are stored', async () => {
    await put('WO1', 'default', 'http://a.example/')
    await put('WO2', '+1777', 'http://b.example/')
    const table = await WebhookOptionsTable.open(store)
    const mirrorOf = (number?: string) => table.ofNumber('AC1', number)?.mirrorUrls[0]
    expect([mirrorOf('+1777'), mirrorOf('+1888'), mirrorOf(undefined)]).toEqual([
      ...['http://b.example/', 'http://a.example/', 'http://a.example/'],
    ])
    expect(table.ofNumber('AC2', '+1777')).toBeUndefined()
    await put('WO3', '+1777', 'http://c.example/')
    await table.reload('AC1', '+1777')
    expect([mirrorOf('+1777'), table.size]).toEqual(['http://c.example/', 2])
    await store.write([deleteWebhookOptions('AC1', '+1777')])
    await table.reload('AC1', '+1777')
    expect([mirrorOf('+1777'), table.size]).toEqual(['http://a.example/', 1])
    await store.write([deleteWebhookOptions('AC1', 'default')])
    await table.reload('AC1', 'default')
    expect([mirrorOf('+1777'), table.size, table.has('AC1')]).toEqual([undefined, 0, false])
  })

  it('are known of a call though the one that has made it is over', async () => {
    await put('WO2', '+1777', 'http://b.example/')
    const table = await WebhookOptionsTable.open(store)
    const live = new Map([['CA1', call({})]])
    const { ofCall } = optionsFinder(table, (sid) => live.get(sid))
    const child = call({ direction: 'outbound-dial', parentCallSid: 'CA1' })
    expect(ofCall(child)?.mirrorUrls).toEqual(['http://b.example/'])
    live.clear()
    expect(ofCall(child)?.mirrorUrls).toEqual(['http://b.example/'])
  })
})
