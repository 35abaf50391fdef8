import { readFileSync } from 'node:fs'
import { makeSid } from '../../src/base/ids.js'
import { systemIds } from '../../src/router/system.js'
import { insertAccount } from '../../src/store/accounts.js'
import { SecretBox } from '../../src/store/secret-box.js'
import { SqliteStore } from '../../src/store/sqlite/sqlite-store.js'
import { type RestClient, restClient } from '../e2e/harness/rest-client.js'
import type { Testbed } from '../e2e/harness/testbed.js'

export interface OtherAccount {
  readonly sid: string
  readonly authToken: string
  readonly client: RestClient
}

/** An account beside the first one, written into the store of a running router. */
export async function addAccount({ router, dataDir }: Testbed): Promise<OtherAccount> {
  const box = new SecretBox(Buffer.from(readFileSync(`${dataDir}/key`, 'utf8').trim(), 'hex'))
  const [sid, authToken] = [makeSid('AC', systemIds), systemIds.hex(16)]
  const store = await SqliteStore.open(`${dataDir}/dialplane.db`)
  const nowMs = Date.now()
  await store.write([
    insertAccount({
      ...{ sid, friendly_name: 'Other', status: 'active', type: 'Full' },
      ...{ owner_account_sid: sid, auth_token: box.seal(authToken) },
      ...{ created_ms: nowMs, updated_ms: nowMs },
    }),
  ])
  await store.close()
  return { sid, authToken, client: restClient(router.baseUrl, sid, authToken) }
}
