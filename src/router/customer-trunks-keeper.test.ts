import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import {
  deleteCustomerTrunk,
  insertCustomerTrunk,
  insertOriginationUrl,
} from '../store/customer-trunks.js'
import { insertSipMapping } from '../store/sip-domains.js'
import { SqliteStore } from '../store/sqlite/sqlite-store.js'
import { CustomerTrunksKeeper } from './customer-trunks-keeper.js'
import { SipDomains } from './sip-domains.js'

const folder = mkdtempSync(join(tmpdir(), 'dialplane-customer-trunks-'))
const owned = { account_sid: 'AC1', created_ms: 1, updated_ms: 1 }
const host = 'pbx.example.com'
let store: SqliteStore
beforeAll(async () => {
  store = await SqliteStore.open(join(folder, 'dialplane.db'))
})
afterAll(async () => {
  await store.close()
  rmSync(folder, { recursive: true })
})

async function open() {
  const domains = new SipDomains()
  const keeper = await CustomerTrunksKeeper.open({
    ...{ store, domains },
    table: {
      ...{ clock: { monotonicMs: () => 0 }, random: () => 0, silenceMsMax: 1_000 },
      tried: () => {},
    },
  })
  return { keeper, domains }
}

it('trunks are there after a restart, with URLs and lists, and go when they are deleted', async () => {
  await store.write([
    insertCustomerTrunk({
      ...{ sid: 'TK1', domain_name: host, friendly_name: '', secure: 0, cnam_lookup_enabled: 0 },
      ...{ disaster_recovery_url: '', disaster_recovery_method: 'POST', ...owned },
      ...{ transfer_mode: 'disable-all', transfer_caller_id: 'from-transferee' },
      ...{ recording_mode: 'do-not-record', recording_trim: 'do-not-trim' },
    }),
    insertOriginationUrl({
      ...{ sid: 'OU1', trunk_sid: 'TK1', friendly_name: '', sip_url: 'sip:one.example' },
      ...{ priority: 1, weight: 1, enabled: 1, ...owned },
    }),
    insertSipMapping({ sid: 'AL1', domain_sid: 'TK1', purpose: 'call_addresses', ...owned }),
  ])
  const { keeper, domains } = await open()
  const dialler = { accountSid: 'AC1', callSid: 'CA1' }
  expect(keeper.trunks.findByHost(host)?.wayTo('+1555', dialler)?.targets).toEqual([
    'sip:+1555@one.example',
  ])
  expect(domains.has(host)).toBe(true)
  // It is no domain that an application answers for.
  expect(domains.find(host)).toBeUndefined()
  expect(domains.authTypeOf('TK1')).toBe('IP_ACL')

  await store.write(deleteCustomerTrunk('TK1'))
  await Promise.all([keeper.reload('TK1'), keeper.reload('TK1')])
  expect([keeper.trunks.size, keeper.trunks.urlCount, domains.size]).toEqual([0, 0, 0])
  expect((await open()).keeper.trunks.size).toBe(0)
})
