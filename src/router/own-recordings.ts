import { readFile } from 'node:fs/promises'
import { findRecording } from '../store/calls.js'
import type { Store } from '../store/store.js'
import type { WebhookResponse } from '../webhook/client.js'

interface OwnParts {
  readonly store: Store
  readonly baseUrl: string
  recordingPath(sid: string): string
}

/**
 * Serves a recording that an application of the same account names by its own URI, in process. Also by
 * .mp3 it is the WAV that is played: the bytes decide.
 */
export function serveOwnRecording({ store, baseUrl, recordingPath }: OwnParts) {
  const own = new URL(baseUrl)
  return async (url: URL, accountSid: string): Promise<WebhookResponse | undefined> => {
    if (url.host !== own.host) return undefined
    const prefix = `/2010-04-01/Accounts/${accountSid}/Recordings/`
    if (!url.pathname.startsWith(prefix)) return undefined
    const sid = url.pathname.slice(prefix.length).replace(/\.(wav|mp3)$/, '')
    const [row] = await store.read(findRecording(sid))
    if (row?.account_sid !== accountSid) return undefined
    return {
      url: url.href,
      status: 200,
      contentType: 'audio/x-wav',
      validator: undefined,
      maxAgeMs: 0,
      body: await readFile(recordingPath(sid)),
    }
  }
}
