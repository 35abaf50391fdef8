import { existsSync, mkdtempSync, readdirSync, readlinkSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { createAudioFiles } from '../media/files/decode.js'
import { LongSounds } from './long-sounds.js'

const folder = mkdtempSync(join(tmpdir(), 'dialplane-long-'))
const files = createAudioFiles()
afterAll(async () => {
  await files.close()
  rmSync(folder, { recursive: true })
})
const signal = new AbortController().signal
let opened = 0
const openSounds = (bytesMax?: number) => {
  const own = join(folder, String(opened++))
  return { own, sounds: new LongSounds(files, own, bytesMax) }
}

/** Sun audio of 16 bits at 8 kHz, mono: each sample is its own index. */
function counted(samples: number): Buffer {
  const file = Buffer.alloc(24 + samples * 2)
  file.write('.snd')
  file.writeUInt32BE(24, 4)
  file.writeUInt32BE(samples * 2, 8)
  file.writeUInt32BE(3, 12)
  file.writeUInt32BE(8_000, 16)
  file.writeUInt32BE(1, 20)
  for (let at = 0; at < samples; at++) file.writeInt16BE(at % 30_000, 24 + 2 * at)
  return file
}

async function added(sounds: LongSounds, key: string, file: Buffer): Promise<string> {
  const source = sounds.newPath()
  writeFileSync(source, file)
  await sounds.add(key, source, 'audio/basic')
  return source
}

async function readAll(read: (signal: AbortSignal) => Promise<Int16Array>): Promise<number[]> {
  const all: number[] = []
  for (;;) {
    const piece = await read(signal)
    if (piece.length === 0) return all
    all.push(...piece)
  }
}

test('a sound is read from any place, as often as wanted', async () => {
  const { sounds } = openSounds()
  const source = await added(sounds, 'a', counted(20_000))
  const prompt = await sounds.take('a', signal)
  const whole = Array.from({ length: 20_000 }, (_, at) => at)
  const read = (offsetMs: number, loops: number) =>
    readAll(prompt.stream?.reader({ offsetMs, loops }) ?? (async () => new Int16Array(0)))
  expect(await read(0, 1)).toEqual(whole)
  expect(await read(2_000, 1)).toEqual(whole.slice(16_000))
  expect(await read(2_000, 2)).toEqual([...whole.slice(16_000), ...whole])
  // Behind the end of the first round.
  expect(await read(3_500, 2)).toEqual(whole.slice(8_000))
  expect(await read(9_000, 2)).toEqual([])
  expect(existsSync(source)).toBe(false)
  const again = await sounds.take('a', signal)
  expect(again.durationMs).toBe(2_500)
  again.release()
  prompt.release()
})

test('what is no sound is refused, and leaves nothing behind', async () => {
  const { own, sounds } = openSounds()
  await added(sounds, 'b', Buffer.from('.snd and nothing else'.padEnd(40, 'x')))
  await expect(sounds.take('b', signal)).rejects.toMatchObject({ errorCode: 13420 })
  await expect.poll(() => readdirSync(join(own, 'long'))).toEqual([])
  expect(sounds.has('b')).toBe(false)
})

test('the least recently used goes when there is no room, but not one that is played', async () => {
  const { sounds } = openSounds(50_000)
  await added(sounds, 'c', counted(20_000))
  const held = await sounds.take('c', signal)
  await readAll(held.stream?.reader({ offsetMs: 0, loops: 1 }) ?? (async () => new Int16Array(0)))
  await added(sounds, 'd', counted(20_000))
  const other = await sounds.take('d', signal)
  await readAll(other.stream?.reader({ offsetMs: 0, loops: 1 }) ?? (async () => new Int16Array(0)))
  other.release()
  expect([sounds.has('c'), sounds.has('d')]).toEqual([true, false])
  held.release()
  expect(sounds.has('c')).toBe(true)
})

/** Of Linux only: which files this process holds open. */
const openFiles = () =>
  readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`)
    } catch {
      return []
    }
  })

test.runIf(existsSync('/proc/self/fd'))('many who begin at once leave no file open', async () => {
  const { own, sounds } = openSounds(0)
  // Long enough to be begun while it is unpacked.
  await added(sounds, 'e', counted(4_000_000))
  const taken = await Promise.all(Array.from({ length: 5 }, () => sounds.take('e', signal)))
  const isOpen = () => openFiles().some((path) => path.startsWith(own))
  expect(isOpen()).toBe(true)
  for (const { release } of taken) release()
  await expect.poll(isOpen).toBe(false)
})

test('what cannot be read once it is unpacked is refused', async () => {
  const unpacksNothing = { ...files, unpack: async () => {} }
  const sounds = new LongSounds(unpacksNothing, join(folder, 'unreadable'))
  await added(sounds, 'f', counted(100))
  await expect(sounds.take('f', signal)).rejects.toMatchObject({ errorCode: 13420 })
  expect(sounds.has('f')).toBe(false)
})
