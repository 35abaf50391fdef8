import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readWav, tones, writeWav } from './harness/audio.js'
import { call } from './harness/caller.js'
import { toneSeconds } from './harness/measure.js'
import { type StaticServer, startStaticServer } from './harness/static-server.js'
import { startTestbed, type Testbed } from './harness/testbed.js'

const mp3File = fileURLToPath(new URL('fixtures/tone-700hz-1s.mp3', import.meta.url))

describe('a directory of files as an application', () => {
  let bed: Testbed
  let files: StaticServer
  beforeAll(async () => {
    bed = await startTestbed()
    const folder = bed.path('files')
    mkdirSync(folder)
    const write = (name: string, text: string) => writeFileSync(`${folder}/${name}`, text)
    write(
      'menu.xml',
      `<Response><Gather numDigits="1" timeout="5" method="GET" action="choice-{Digits}.xml">
        <Play>menu.wav</Play></Gather><Redirect method="GET">menu.xml</Redirect></Response>`,
    )
    write(
      'choice-1.xml',
      `<Response><Gather numDigits="2" method="GET" action="{Digits}.mp3"/></Response>`,
    )
    write(
      'choice-2.xml',
      '<Response><Play>two.wav</Play><Redirect method="GET">menu.xml</Redirect></Response>',
    )
    writeWav(`${folder}/menu.wav`, tones([450], 5))
    writeWav(`${folder}/two.wav`, tones([550], 1))
    copyFileSync(mp3File, `${folder}/42.mp3`)
    files = await startStaticServer(folder)
  })
  afterAll(async () => {
    await files?.close()
    await bed?.close()
  })

  it("is driven to its end by a caller's keys", async () => {
    const number = await bed.number(
      { '/unused': '' },
      { voiceUrl: `${files.baseUrl}/menu.xml`, voiceMethod: 'GET' },
    )
    const record = bed.path('heard.wav')
    // 2: a sound, and back to the menu. 1, then 4 and 2: the file 42.mp3, which ends the call.
    await call(bed.uriOf(number), { digits: '2WWW1W42', digitsAfter: 1, record, maxSeconds: 25 })
    expect(files.paths.filter((path) => !path.endsWith('.wav'))).toEqual([
      '/menu.xml',
      '/choice-2.xml',
      '/menu.xml',
      '/choice-1.xml',
      '/42.mp3',
    ])
    const { samples } = readWav(record)
    expect(toneSeconds(samples, 450)).toBeGreaterThan(0.5)
    expect(toneSeconds(samples, 550)).toBeGreaterThanOrEqual(0.8)
    expect(toneSeconds(samples, 700)).toBeGreaterThanOrEqual(0.8)
    expect((await bed.endedCall(number)).status).toBe('completed')
  })
})
