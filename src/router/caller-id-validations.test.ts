import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { VirtualClock } from '../base/clock.js'
import { SeededIds } from '../base/ids.js'
import { type CallRecord, newCallRecord } from '../call/call-record.js'
import { CommandError } from '../call/command.js'
import type { NewOutgoingCall } from '../call/outgoing.js'
import { insertNumber } from '../store/accounts.js'
import { findCall, insertCall } from '../store/calls.js'
import { countCallerIds, findCallerNumber, insertCallerId } from '../store/outgoing-caller-ids.js'
import { SqliteStore } from '../store/sqlite/sqlite-store.js'
import { CallerIdValidations } from './caller-id-validations.js'
import { callRecord, callRow } from './sql-call-store.js'

const phoneNumber = '+15550107000'

describe('validations of caller IDs', () => {
  let directory: string
  let store: SqliteStore
  let validations: CallerIdValidations
  let placed: NewOutgoingCall[]
  let refusal: Error | undefined
  /** Each test has an account of its own. */
  let accounts = 0
  let accountSid: string
  const ids = new SeededIds(3)

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'dialplane-caller-ids-'))
    store = await SqliteStore.open(join(directory, 'dialplane.db'))
  })
  afterAll(async () => {
    await store?.close()
    await rm(directory, { recursive: true, force: true })
  })
  beforeEach(() => {
    accountSid = `AC${++accounts}`
    placed = []
    refusal = undefined
    const calls = {
      async create(request: NewOutgoingCall) {
        if (refusal) throw refusal
        placed.push(request)
        return recordOf(request)
      },
    }
    validations = new CallerIdValidations({
      ...{ store, ids, clock: new VirtualClock(1_000), calls: () => calls },
    })
  })

  function recordOf({ sid = '', from, to, verification }: NewOutgoingCall): CallRecord {
    const facts = { sid, accountSid, from, to, verification, status: 'in-progress' } as const
    return newCallRecord({ ...facts, direction: 'outbound-api' }, 1_000)
  }
  const begin = (more: object = {}) =>
    validations.begin({
      ...{ accountSid, phoneNumber, friendlyName: 'Mine', delayMs: 0 },
      ...{ extension: undefined, statusCallback: undefined, ...more },
    })
  /** Begins one, and keys these codes in its call; returns what it is told. */
  async function keying(keys: (code: string) => readonly string[]) {
    const { code } = await begin()
    const call = recordOf(placed[0] as NewOutgoingCall)
    await store.write([insertCall(callRow(call))])
    const documents = [await validations.answer(call, [])]
    for (const digits of keys(code)) {
      documents.push(await validations.answer(call, [['Digits', digits]]))
    }
    return { code, call, documents, asked: documents.map((text) => text.includes('<Gather')) }
  }
  const isVerified = async () =>
    (await store.read(findCallerNumber(accountSid, phoneNumber))).length > 0
  const wrong = (code: string) => (code === '000000' ? '000001' : '000000')

  test('the right code makes a caller ID, which the call knows and stores', async () => {
    expect(await isVerified()).toBe(false)
    const { call, asked, code } = await keying((right) => [right])
    expect(code).toMatch(/^\d{6}$/)
    expect(asked).toEqual([true, false])
    expect(await isVerified()).toBe(true)
    const callerIdSid = expect.stringMatching(/^PN[0-9a-f]{32}$/)
    expect(call.verification).toEqual({ status: 'success', callerIdSid })
    const [row] = await store.read(findCall(accountSid, call.sid))
    // A router that is killed now tells the same after its restart.
    expect(row && callRecord(row).verification).toEqual(call.verification)
    await expect(begin()).rejects.toMatchObject({ errorCode: 21450 })
  })

  test('the third try counts, a fourth does not', async () => {
    const third = await keying((code) => ['', wrong(code), code])
    expect(third.asked).toEqual([true, true, true, false])
    expect(third.call.verification?.status).toBe('success')
  })

  test.each([
    ['nothing, something else and too much', (code: string) => ['', wrong(code), `${code}0`, code]],
    ['the wrong code', (code: string) => [wrong(code), wrong(code), wrong(code), code]],
    ['a part of it', (code: string) => [code.slice(0, 5), '0', code.slice(1), code]],
  ])('%s, three times, makes none, nor does the right one then', async (_what, keys) => {
    const { call, asked } = await keying(keys)
    expect(asked).toEqual([true, true, true, false, false])
    expect([call.verification, await isVerified()]).toEqual([{ status: 'failed' }, false])
  })

  test('a call that is over verifies nothing', async () => {
    const { call, code } = await keying(() => [])
    call.status = 'completed'
    await validations.answer(call, [['Digits', code]])
    call.status = 'in-progress'
    validations.forget(call.sid)
    await validations.answer(call, [['Digits', code]])
    expect(await isVerified()).toBe(false)
  })

  test('what cannot be stored has failed', async () => {
    const { call, code } = await keying(() => [])
    const row = { friendly_name: '', created_ms: 0, updated_ms: 0 }
    const other = { sid: 'PNother', account_sid: accountSid, phone_number: phoneNumber, ...row }
    await store.write([insertCallerId(other)])
    const keyed = validations.answer(call, [['Digits', code]])
    await expect(keyed).rejects.toMatchObject({ code: 'ERR_STORE' })
    expect(call.verification).toEqual({ status: 'failed' })
  })

  test('one of a number at a time, twenty of an account', async () => {
    await begin()
    await expect(begin()).rejects.toMatchObject({ errorCode: 20429 })
    const [first] = placed
    for (let index = 1; index < 20; index++) {
      await begin({ phoneNumber: `+155501071${String(index).padStart(2, '0')}` })
    }
    const more = { phoneNumber: '+15550107200' }
    await expect(begin(more)).rejects.toMatchObject({ errorCode: 20429 })
    await begin({ ...more, accountSid: 'AC0' })
    validations.forget(first?.sid ?? '')
    await begin(more)
  })

  test('a call that is not made leaves nothing', async () => {
    refusal = new CommandError('ERR_DESTINATION_NOT_ALLOWED', 21215, 'no')
    await expect(begin()).rejects.toMatchObject({ errorCode: 21215 })
    refusal = undefined
    await begin()
  })

  test('the call comes from the oldest number of the account, else from nobody', async () => {
    await begin()
    const number = (name: string, createdMs: number) =>
      insertNumber({
        ...{ sid: `PN${name}`, account_sid: accountSid, phone_number: name, friendly_name: '' },
        ...{ voice_url: '', voice_method: 'POST', voice_fallback_url: '' },
        ...{ voice_fallback_method: 'POST', status_callback: '', status_callback_method: 'POST' },
        ...{ extras: '{}', trunk_sid: null, created_ms: createdMs, updated_ms: createdMs },
      })
    await store.write([number('+15550107302', 2), number('+15550107301', 1)])
    await begin({ phoneNumber: '+15550107300' })
    expect(placed.map(({ from }) => from)).toEqual(['anonymous', '+15550107301'])
  })

  test('an account has 10,000 at most', async () => {
    const rows = Array.from({ length: 10_000 }, (_none, index) =>
      insertCallerId({
        ...{ sid: `PN${accountSid}${index}`, account_sid: accountSid, friendly_name: '' },
        ...{ phone_number: `+1${index}`, created_ms: 1, updated_ms: 1 },
      }),
    )
    await store.write(rows.slice(1))
    const [counted] = await store.read(countCallerIds(accountSid))
    expect(counted?.count).toBe(9_999)
    await begin()
    // Counts as if it were verified already.
    const another = { phoneNumber: '+15550107400' }
    await expect(begin(another)).rejects.toMatchObject({ errorCode: 20009 })
  })
})
