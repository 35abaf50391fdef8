import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import type { MediaPlane } from '../media/port.js'
import { PromptCache } from './prompts.js'

const folder = mkdtempSync(join(tmpdir(), 'dialplane-prompts-'))
afterAll(() => rmSync(folder, { recursive: true }))
const signal = new AbortController().signal
const plain = { voice: undefined, language: undefined }

/** A cache with room for one prompt of a second, whose speech is a second long. */
function made() {
  const held = new Set<number>()
  const spoken: string[] = []
  let nextId = 1
  const plane = {
    loadPrompt: async () => {
      held.add(nextId)
      return nextId++
    },
    releasePrompt: (id: number) => {
      if (!held.delete(id)) throw new Error(`prompt ${id} was released twice`)
    },
  } as unknown as MediaPlane
  const speech = {
    name: 'fake',
    synthesize: async (text: string) => {
      spoken.push(text)
      return { samples: new Int16Array(8_000), sampleRateHz: 8_000 }
    },
    close: async () => {},
  }
  return { cache: new PromptCache(plane, speech, folder, 16_000), held, spoken }
}

function wav(samples: number): Buffer {
  const file = Buffer.alloc(44 + samples * 2)
  file.write('RIFF')
  file.write('WAVEfmt ', 8)
  file.writeUInt32LE(16, 16)
  file.writeUInt16LE(1, 20)
  file.writeUInt16LE(1, 22)
  file.writeUInt32LE(8_000, 24)
  file.writeUInt32LE(16_000, 28)
  file.writeUInt16LE(2, 32)
  file.writeUInt16LE(16, 34)
  file.write('data', 36)
  file.writeUInt32LE(samples * 2, 40)
  return file
}

function answer(body: Buffer, change: object = {}) {
  const url = 'http://app/a.wav'
  const contentType = 'audio/wav'
  return { url, status: 200, contentType, etag: 'e', maxAgeMs: 0, body, ...change }
}

test('the same words asked for at once are spoken once', async () => {
  const { cache, spoken } = made()
  const [one, two] = await Promise.all([cache.speech('a', plain), cache.speech('a', plain)])
  expect(one.promptId).toBe(two.promptId)
  expect(spoken).toEqual(['a'])
})

test('a prompt in use is not evicted; the least recently used one goes when it is released', async () => {
  const { cache, held } = made()
  const one = await cache.speech('a', plain)
  const two = await cache.speech('b', plain)
  expect(held.size).toBe(2)
  one.release()
  one.release()
  expect([...held]).toEqual([two.promptId])
})

test('one that is taken again while another pushes it out is not lost', async () => {
  const { cache, held } = made()
  ;(await cache.speech('a', plain)).release()
  const [again, other] = await Promise.all([cache.speech('a', plain), cache.speech('b', plain)])
  expect(held).toContain(again.promptId)
  expect(held).toContain(other.promptId)
})

test('a sound that was evicted while its application said 304 is fetched whole', async () => {
  const { cache } = made()
  const asked: (string | undefined)[] = []
  const fetch = async (_url: string, etag: string | undefined) => {
    asked.push(etag)
    if (etag === undefined) return answer(wav(8_000))
    ;(await cache.speech('pushes it out', plain)).release()
    return answer(Buffer.alloc(0), { status: 304, contentType: '' })
  }
  ;(await cache.sound('AC1', 'http://app/a.wav', fetch, 0, signal)).release()
  const again = await cache.sound('AC1', 'http://app/a.wav', fetch, 1, signal)
  expect(asked).toEqual([undefined, 'e', undefined])
  expect(again.durationMs).toBe(1_000)
})

test('the same answer kept by two calls at once is one file; one that is gone is 13420', async () => {
  const { cache } = made()
  const names = await Promise.all([1, 2, 3].map(() => cache.keep(wav(80))))
  expect(new Set(names).size).toBe(1)
  expect(readdirSync(folder)).toHaveLength(1)
  expect((await cache.kept(names[0] as string)).durationMs).toBe(10)
  const gone = `blob:${'0'.repeat(64)}`
  await expect(cache.kept(gone)).rejects.toMatchObject({ errorCode: 13420 })
})
