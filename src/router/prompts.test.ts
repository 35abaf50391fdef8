import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { createAudioFiles } from '../media/files/decode.js'
import type { MediaPlane } from '../media/port.js'
import { PromptCache } from './prompts.js'

const folder = mkdtempSync(join(tmpdir(), 'dialplane-prompts-'))
const files = createAudioFiles()
afterAll(async () => {
  await files.close()
  rmSync(folder, { recursive: true })
})
const signal = new AbortController().signal
const plain = { voice: undefined, language: undefined }
const words = (text: string) => ({ runs: [{ text }], pauseMs: 0 })

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
  return { cache: new PromptCache(plane, speech, files, folder, 16_000), held, spoken }
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
  return { url, status: 200, contentType, validator: 'e', maxAgeMs: 0, body, ...change }
}

test('the same words asked for at once are spoken once', async () => {
  const { cache, spoken } = made()
  const [one, two] = await Promise.all([
    cache.speech(words('a'), plain),
    cache.speech(words('a'), plain),
  ])
  expect(one.promptId).toBe(two.promptId)
  expect(spoken).toEqual(['a'])
})

test('a prompt in use is not evicted; the least recently used one goes when it is released', async () => {
  const { cache, held } = made()
  const one = await cache.speech(words('a'), plain)
  const two = await cache.speech(words('b'), plain)
  expect(held.size).toBe(2)
  one.release()
  one.release()
  expect([...held]).toEqual([two.promptId])
})

test('one that is taken again while another pushes it out is not lost', async () => {
  const { cache, held } = made()
  ;(await cache.speech(words('a'), plain)).release()
  const [again, other] = await Promise.all([
    cache.speech(words('a'), plain),
    cache.speech(words('b'), plain),
  ])
  expect(held).toContain(again.promptId)
  expect(held).toContain(other.promptId)
})

test('a sound that was evicted while its application said 304 is fetched whole', async () => {
  const { cache } = made()
  const asked: (string | undefined)[] = []
  const fetch = async (_url: string, validator: string | undefined) => {
    asked.push(validator)
    if (validator === undefined) return answer(wav(8_000))
    ;(await cache.speech(words('pushes it out'), plain)).release()
    return answer(Buffer.alloc(0), { status: 304, contentType: '' })
  }
  ;(await cache.sound('AC1', 'http://app/a.wav', fetch, 0, signal)).release()
  const again = await cache.sound('AC1', 'http://app/a.wav', fetch, 1, signal)
  expect(asked).toEqual([undefined, 'e', undefined])
  expect(again.durationMs).toBe(1_000)
})

test('the same answer kept by two calls at once is one file; one that is gone is 13420', async () => {
  const { cache } = made()
  const names = await Promise.all([1, 2, 3].map(() => cache.keep(wav(80), 'audio/wav')))
  expect(new Set(names).size).toBe(1)
  expect(readdirSync(folder)).toHaveLength(1)
  expect((await cache.kept(names[0] as string, signal)).durationMs).toBe(10)
  const gone = `blob:${'0'.repeat(64)}`
  await expect(cache.kept(gone, signal)).rejects.toMatchObject({ errorCode: 13420 })
})

test('a bare format is kept with its name, apart from other readings of the same bytes', async () => {
  const { cache } = made()
  const name = await cache.keep(Buffer.alloc(800), 'audio/basic')
  expect(name).toMatch(/^blob:[0-9a-f]{64}\.mulaw$/)
  expect((await cache.kept(name, signal)).durationMs).toBe(100)
  const other = await cache.keep(Buffer.alloc(800), 'audio/wav')
  await expect(cache.kept(other, signal)).rejects.toMatchObject({ errorCode: 13420 })
})

test('a file that is fetched by two calls at once is decoded once', async () => {
  const { cache, held } = made()
  const fetch = async () => answer(wav(8_000))
  const urls = ['http://app/a.wav', 'http://app/b.wav', 'http://app/c.wav']
  const prompts = await Promise.all(urls.map((url) => cache.sound('AC1', url, fetch, 0, signal)))
  expect(new Set(prompts.map(({ promptId }) => promptId)).size).toBe(1)
  expect(held.size).toBe(1)
})

test('decoding goes on while one call waits for it, and stops when none does', async () => {
  const { cache, held } = made()
  const fetch = async () => answer(wav(8_000 * 200))
  const [one, two] = [new AbortController(), new AbortController()]
  const first = cache.sound('AC1', 'http://app/a.wav', fetch, 0, one.signal)
  const second = cache.sound('AC1', 'http://app/b.wav', fetch, 0, two.signal)
  one.abort()
  expect((await second).durationMs).toBe(200_000)
  ;(await first).release()
  ;(await second).release()
  expect(held.size).toBe(0)
  const third = new AbortController()
  const unwanted = cache.sound('AC1', 'http://app/a.wav', fetch, 0, third.signal)
  // Behind the checksum, the thread has it.
  setTimeout(() => third.abort(), 5)
  await unwanted.then(
    (prompt) => prompt.release(),
    (error) => expect(error.name).toBe('AbortError'),
  )
  expect(held.size).toBe(0)
})
