import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { findAccount, insertAccount, selectAccounts } from '../accounts.js'
import { putSnapshot } from '../calls.js'
import type { AccountRow } from '../schema.js'
import { StoreError, sql } from '../store.js'
import { SqliteStore } from './sqlite-store.js'

const folder = mkdtempSync(join(tmpdir(), 'dialplane-store-'))
let files = 0
const newPath = () => join(folder, `${files++}.db`)
afterAll(() => rmSync(folder, { recursive: true }))

function account(sid: string): AccountRow {
  return {
    sid,
    friendly_name: `O'Brien "${sid}"; DROP TABLE accounts`,
    status: 'active',
    type: 'Full',
    owner_account_sid: sid,
    auth_token: 'sealed',
    created_ms: 1_795_396_013_176,
    updated_ms: 2,
  }
}

describe('SqliteStore', () => {
  it('keeps what was written over a restart, and migrates only once', async () => {
    const path = newPath()
    const first = await SqliteStore.open(path)
    await first.write([insertAccount(account('AC1'))])
    await first.close()
    const second = await SqliteStore.open(path)
    expect(await second.read(findAccount('AC1'))).toEqual([account('AC1')])
    await second.close()
  })

  it('carries a batch out whole or not at all, and spares its neighbours in the commit', async () => {
    const store = await SqliteStore.open(newPath())
    const outcomes = await Promise.allSettled([
      store.write([insertAccount(account('AC1'))]),
      store.write([insertAccount(account('AC2')), insertAccount(account('AC1'))]),
      store.write([insertAccount(account('AC3'))]),
    ])
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
    const rows = await store.read(selectAccounts())
    expect(rows.map(({ sid }) => sid).sort()).toEqual(['AC1', 'AC3'])
    await store.close()
  })

  it('groups the commits of many callers', async () => {
    const store = await SqliteStore.open(newPath())
    const writes = Array.from({ length: 500 }, (_, index) =>
      store.write([putSnapshot(`CA${index}`, '{}', index)]),
    )
    await Promise.all(writes)
    const [row] = await store.read(
      sql
        .selectFrom('snapshots')
        .select((count) => count.fn.countAll().as('count'))
        .compile(),
    )
    expect(Number(row?.count)).toBe(500)
    await store.close()
  })

  it('rejects with StoreError for a bad query, a bad path, and after it was closed', async () => {
    const store = await SqliteStore.open(newPath())
    const bad = sql
      .selectFrom('calls')
      .select('nothing' as 'sid')
      .compile()
    await expect(store.read(bad)).rejects.toThrow(StoreError)
    await store.close()
    await expect(store.read(selectAccounts())).rejects.toThrow(/closed/)
    await expect(SqliteStore.open(join(folder, 'no', 'such', 'folder.db'))).rejects.toThrow(
      StoreError,
    )
  })
})
