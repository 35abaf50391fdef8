import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { computeHa1 } from '../base/digest.js'
import type { Flow } from '../sip/events.js'
import { SecretBox } from '../store/secret-box.js'
import * as domainStore from '../store/sip-domains.js'
import * as listStore from '../store/sip-lists.js'
import { SqliteStore } from '../store/sqlite/sqlite-store.js'
import { SipDomainsKeeper } from './sip-domains-keeper.js'

const folder = mkdtempSync(join(tmpdir(), 'dialplane-domains-'))
const box = new SecretBox(Buffer.alloc(32, 7))
const owned = { account_sid: 'AC1', created_ms: 1, updated_ms: 1 }
const host = 'office.example.com'
const domain = {
  ...{ sid: 'SD1', domain_name: host, friendly_name: '', voice_url: '', voice_method: 'POST' },
  ...{ voice_fallback_url: '', voice_fallback_method: 'POST' },
  ...{ voice_status_callback_url: '', voice_status_callback_method: 'POST' },
  ...{ sip_registration: 0, secure: 0, extras: '{}', ...owned },
}
const mapping = { sid: 'CL1', domain_sid: 'SD1', purpose: 'call_credentials' as const, ...owned }
const flow: Flow = {
  ...{ transport: 'udp', localAddress: '192.0.2.1', localPort: 5060 },
  ...{ remoteAddress: '198.51.100.7', remotePort: 5060 },
}

describe('SIP domains of the store', () => {
  let store: SqliteStore
  beforeAll(async () => {
    store = await SqliteStore.open(join(folder, 'dialplane.db'))
  })
  afterAll(async () => {
    await store.close()
    rmSync(folder, { recursive: true })
  })

  const open = (realm = 'dialplane') => SipDomainsKeeper.open({ store, box, realm })
  const ha1In = ({ domains }: SipDomainsKeeper, username = 'alice') =>
    domains.ha1Of(host, { username, algorithm: 'SHA-256', use: 'call', flow })
  const credential = (keeper: SipDomainsKeeper, username: string) =>
    listStore.insertSipCredential({
      ...{ sid: `CR${username}`, list_sid: 'CL1', username, ...owned },
      ...keeper.seal(username, 'IWasAtSignal2018'),
    })

  it('are there after a restart, with what lets in; passwords for one realm', async () => {
    const first = await open()
    await store.write([
      ...[domainStore.insertSipDomain(domain), domainStore.insertSipMapping(mapping)],
      ...[credential(first, 'alice'), credential(first, 'bob')],
      domainStore.insertSipMapping({ ...mapping, sid: 'AL1', purpose: 'call_addresses' }),
      listStore.insertSipIpAddress({
        ...{ sid: 'IP1', list_sid: 'AL1', friendly_name: '', ...owned },
        ...{ ip_address: '198.51.100.0', cidr_prefix_length: 24 },
      }),
    ])
    const second = await open()
    const ha1 = computeHa1('SHA-256', 'alice', 'dialplane', 'IWasAtSignal2018')
    expect(ha1In(second)).toBe(ha1)
    expect(ha1In(second, 'bob')).not.toBe(ha1)
    expect(second.domains.credentialCount).toBe(2)
    expect(ha1In(await open('elsewhere'))).toBeUndefined()
  })

  it('follow what is written, one change after another', async () => {
    const keeper = await open()
    let changes = 0
    keeper.onChange(() => changes++)
    await store.write([listStore.deleteSipCredential('CRalice')])
    expect(ha1In(keeper)).toBeDefined()
    await keeper.reloadCredentials('CL1')
    expect(ha1In(keeper)).toBeUndefined()
    expect(ha1In(keeper, 'bob')).toBeDefined()
    await store.write([listStore.deleteSipIpAddress('IP1')])
    const reloads = [keeper.reloadAddresses('AL1'), keeper.reloadCredentials('CL1')]
    await Promise.all(reloads)
    // The list that is mapped has no address left.
    expect(ha1In(keeper, 'bob')).toBeUndefined()
    await store.write(domainStore.deleteSipDomain(domain))
    await keeper.reloadDomain('SD1')
    expect(keeper.domains.size).toBe(0)
    expect(changes).toBe(4)
  })
})
