import { fork } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { Logger } from 'pino'
import { makeSid } from '../base/ids.js'
import { findNumberByPhone, insertNumber, updateNumber } from '../store/accounts.js'
import { type Store, sql } from '../store/store.js'
import { systemIds } from './system.js'

export const demoNumber = '+15550100001'

export interface Demo {
  readonly url: string
  readonly number: string
  close(): Promise<void>
}

/**
 * Starts the example application on a free port and points the demo number at it: only into a store
 * without numbers, or where the demo's own number is still what it made.
 */
export async function startDemo(
  store: Store,
  account: { readonly sid: string; readonly authToken: string },
  log: Logger,
): Promise<Demo | undefined> {
  const [known] = await store.read(findNumberByPhone(demoNumber))
  const [any] = await store.read(
    sql.selectFrom('incoming_phone_numbers').select('sid').limit(1).compile(),
  )
  const isOurs = known !== undefined && known.friendly_name === 'Demo'
  if (any && !isOurs) return undefined

  const script = fileURLToPath(new URL('../../examples/ivr/server.mjs', import.meta.url))
  const child = fork(script, [], {
    env: { PATH: process.env.PATH, AUTH_TOKEN: account.authToken },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    // Ctrl-C of a terminal does not reach it: live calls ask it until they end.
    detached: true,
  })
  for (const stream of [child.stdout, child.stderr]) {
    if (stream) createInterface(stream).on('line', (line) => log.info({ demo: true }, line))
  }
  const url = await new Promise<string | undefined>((resolve) => {
    child.once('message', (message: { url: string }) => resolve(message.url))
    child.once('exit', () => resolve(undefined))
  })
  if (url === undefined) {
    log.warn('the demo application did not start')
    return undefined
  }
  await provision(store, account.sid, `${url}/voice`, known?.sid)
  return {
    url,
    number: demoNumber,
    close: () =>
      new Promise((resolve) => {
        if (child.exitCode !== null || child.signalCode !== null) return resolve()
        child.once('exit', () => resolve())
        child.kill('SIGKILL')
      }),
  }
}

async function provision(
  store: Store,
  accountSid: string,
  voiceUrl: string,
  sid: string | undefined,
): Promise<void> {
  const nowMs = Date.now()
  if (sid !== undefined) {
    await store.write([updateNumber(sid, { voice_url: voiceUrl, updated_ms: nowMs })])
    return
  }
  const row = {
    sid: makeSid('PN', systemIds),
    account_sid: accountSid,
    phone_number: demoNumber,
    friendly_name: 'Demo',
    voice_url: voiceUrl,
    voice_method: 'POST',
    voice_fallback_url: '',
    voice_fallback_method: 'POST',
    status_callback: '',
    status_callback_method: 'POST',
    extras: '{}',
    trunk_sid: null,
    created_ms: nowMs,
    updated_ms: nowMs,
  }
  await store.write([insertNumber(row)])
}
