import { expect } from 'vitest'
import { sound } from './application.js'
import { melody, readWav, type Samples, type Wav, wavBytes, writeWav } from './audio.js'
import { type Baresip, type BaresipOptions, startBaresip } from './baresip.js'
import { type Relay, type RelayOptions, startRelay } from './relay.js'
import type { Testbed } from './testbed.js'

export interface ConversationOptions {
  readonly baresip: BaresipOptions
  readonly relay?: Omit<RelayOptions, 'routerSipPort'>
  /** What baresip says over and over; by default something like speech. */
  readonly says?: Wav
  /** At least as long as the recording is [s]. */
  readonly recordSeconds?: number
  /** Of <Record>. */
  readonly recordTimeout?: number
}

export interface Conversation {
  readonly prompt: Samples
  readonly said: Samples
  readonly heard: Wav
  readonly recording: Wav
  readonly relay: Relay
  readonly baresip: Baresip
}

let runs = 0

/** Calls that are not over yet, and who waits for that. */
let talking = 0
let waiting: (() => void)[] = []

/** Measuring sounds keeps this process, and with it the relays of others, from passing packets on. */
async function untilAllHaveEnded(): Promise<void> {
  if (talking > 0) return new Promise((resolve) => waiting.push(resolve))
  for (const resolve of waiting) resolve()
  waiting = []
}

/** Counts as a call as long as `call` runs; returns when no other runs either. */
export async function amongOthers<Result>(call: () => Promise<Result>): Promise<Result> {
  talking++
  try {
    return await call()
  } finally {
    talking--
    await untilAllHaveEnded()
  }
}

/**
 * A call of baresip through a relay: it hears a prompt, presses two keys and is recorded. `atEnd` gets
 * what must be done whatever becomes of the test.
 */
export function converse(...parameters: Parameters<typeof talk>): Promise<Conversation> {
  return amongOthers(() => talk(...parameters))
}

async function talk(
  bed: Testbed,
  title: string,
  atEnd: (undo: () => Promise<void>) => void,
  options: ConversationOptions,
): Promise<Conversation> {
  const name = `${title}-${runs++}`
  const prompt = melody(2)
  const { recordSeconds = 2, recordTimeout = 5 } = options
  const says = options.says ?? { samples: melody(12, 2), sampleRateHz: 8_000, channels: 1 }
  const number = await bed.number({
    // The first Gather answers; while it waits, baresip gets ready to listen.
    [`/${name}`]: `<Response><Gather timeout="1"/><Play>/${name}/prompt.wav</Play>
      <Redirect>/${name}/keys</Redirect></Response>`,
    [`/${name}/keys`]: `<Response><Gather numDigits="2" action="/${name}/record"/></Response>`,
    [`/${name}/record`]: `<Response><Record action="/${name}/done" playBeep="false"
      trim="do-not-trim" maxLength="${recordSeconds}" timeout="${recordTimeout}"/></Response>`,
    [`/${name}/done`]: '<Response><Hangup/></Response>',
    [`/${name}/prompt.wav`]: sound(wavBytes(prompt)),
  })
  const relay = await startRelay({ ...options.relay, routerSipPort: bed.router.sipPort })
  atEnd(() => relay.close())
  const saysFile = bed.path(`${name}.says.wav`)
  const baresip = await startBaresip(bed.path(name), {
    ...options.baresip,
    says: writeWav(saysFile, says.samples, says.sampleRateHz, says.channels),
  })
  atEnd(() => baresip.kill())
  baresip.dial(`sip:${number}@127.0.0.1:${relay.sipPort}`)
  await baresip.event('CALL_ESTABLISHED')
  await bed.app.received(`/${name}/keys`)
  baresip.press('7')
  baresip.press('3')
  expect((await bed.app.received(`/${name}/record`)).parameters.Digits).toBe('73')
  const { parameters } = await bed.app.received(`/${name}/done`)
  const recording = await bed.recording(parameters.RecordingUrl)
  await baresip.event('CALL_CLOSED')
  await baresip.kill()
  const heard = readWav(baresip.heardFile())
  return { prompt, said: says.samples, heard, recording, relay, baresip }
}
