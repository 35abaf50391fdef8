import { closeSync, existsSync, fstatSync, openSync, readSync, writeSync } from 'node:fs'
import type { Clock } from '../base/clock.js'
import type { Ids } from '../base/ids.js'
import type { CallStore } from '../call/ports.js'
import { callEvent } from '../call/status-events.js'
import {
  deleteAllSnapshots,
  selectAliveCalls,
  selectOpenRecordings,
  updateRecording,
} from '../store/calls.js'
import type { Store } from '../store/store.js'
import { recoverConferences } from './conference-recovery.js'
import { callRecord } from './sql-call-store.js'

export interface RecoveryParts {
  readonly store: Store
  readonly callStore: CallStore
  readonly clock: Clock
  readonly ids: Ids
  recordingPath(sid: string): string
}

/**
 * Puts the records in order that a killed process left: its calls have failed (resuming them is for a
 * later version), its recordings hold what was written. Returns how many of each.
 */
export async function recover(
  parts: RecoveryParts,
): Promise<{ calls: number; recordings: number; conferences: number }> {
  const { store, callStore, clock } = parts
  const alive = await store.read(selectAliveCalls())
  for (const row of alive) {
    const call = callRecord(row)
    call.status = 'failed'
    call.endMs = clock.nowMs()
    call.updatedMs = clock.nowMs()
    await callStore.updateCall(call, callEvent(call, 'completed', parts))
  }
  const open = await store.read(selectOpenRecordings())
  for (const { sid } of open) {
    const durationMs = repairWav(parts.recordingPath(sid))
    const status = durationMs === 0 ? 'absent' : 'completed'
    await store.write([
      updateRecording(sid, { status, duration_ms: durationMs, updated_ms: clock.nowMs() }),
    ])
  }
  const conferences = await recoverConferences(parts)
  await store.write([deleteAllSnapshots()])
  return { calls: alive.length, recordings: open.length, conferences }
}

const headerBytes = 44

/** Makes the sizes in the header of a 16-bit PCM WAV fit its length; returns the duration [ms]. */
export function repairWav(path: string): number {
  if (!existsSync(path)) return 0
  const file = openSync(path, 'r+')
  try {
    const bytes = fstatSync(file).size
    if (bytes <= headerBytes) return 0
    const header = Buffer.alloc(headerBytes)
    readSync(file, header, 0, headerBytes, 0)
    const blockBytes = header.readUInt16LE(32) || 2
    const bytesPerSecond = header.readUInt32LE(28) || 16_000
    const dataBytes = Math.floor((bytes - headerBytes) / blockBytes) * blockBytes
    header.writeUInt32LE(dataBytes + headerBytes - 8, 4)
    header.writeUInt32LE(dataBytes, 40)
    writeSync(file, header, 0, headerBytes, 0)
    return Math.round((dataBytes / bytesPerSecond) * 1000)
  } finally {
    closeSync(file)
  }
}
