import { join } from 'node:path'
import type { Logger } from 'pino'
import { SecretBox } from '../store/secret-box.js'
import { SqliteStore } from '../store/sqlite/sqlite-store.js'
import { AccountDirectory } from './account-directory.js'
import type { Closers } from './closers.js'
import type { Config } from './config.js'
import type { DataDirectory } from './data-directory.js'
import { recover } from './recovery.js'
import { createCallStore } from './sql-call-store.js'
import { systemClock as clock, systemIds as ids } from './system.js'
import { WebhookOptionsTable } from './webhook-options.js'

/** The store with the first account, put in order after a crash. */
export async function openRecords(
  config: Config,
  log: Logger,
  directory: DataDirectory,
  closers: Closers,
) {
  const store = await SqliteStore.open(directory.databasePath)
  closers.add(() => store.close())
  const box = new SecretBox(directory.key)
  const accounts = new AccountDirectory(store, box)
  const { row, authToken, isNew } = await accounts.ensureFirst(config.account, ids, clock.nowMs())
  const callStore = createCallStore(store, () => clock.nowMs())
  const recordingPath = (sid: string) => join(directory.recordingsPath, `${sid}.wav`)
  const recovered = await recover({ store, callStore, clock, ids, recordingPath })
  if (recovered.calls + recovered.recordings + recovered.conferences > 0) {
    log.warn(recovered, 'put an interrupted run in order')
  }
  return {
    store,
    box,
    accounts,
    account: { sid: row.sid, authToken, isNew },
    callStore,
    recordingPath,
    webhookOptions: await WebhookOptionsTable.open(store),
  }
}
