import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Application, type Responder, startApplication } from './application.js'
import { readWav, type Wav } from './audio.js'
import { eventually } from './eventually.js'
import { type RestClient, restClient } from './rest-client.js'
import { type RouterProcess, startRouterProcess } from './router-process.js'

/** The number that tests call from; every testbed has it. Calls to it get no document. */
export const callerNumber = '+15550300000'

/** A router, an application, and the official client, each on free ports; nothing is left behind. */
export interface Testbed {
  readonly directory: string
  readonly dataDir: string
  readonly router: RouterProcess
  readonly app: Application
  readonly client: RestClient
  /** Makes a number of its own whose calls get these documents; the first is its voice URL. */
  number(documents: { readonly [path: string]: Responder }, settings?: object): Promise<string>
  /** sip:+1555…@127.0.0.1:port */
  uriOf(phoneNumber: string): string
  path(name: string): string
  /** The WAV file behind a RecordingUrl. */
  recording(url: string | undefined): Promise<Wav>
  /** Waits until no call, leg or endpoint is left, and what became of them is stored. */
  quiet(secondsMax?: number): Promise<void>
  /** The record of the only call to `phoneNumber` once it has ended. */
  endedCall(phoneNumber: string, secondsMax?: number): ReturnType<typeof endedCall>
  close(): Promise<void>
}

export async function startTestbed(settings: NodeJS.ProcessEnv = {}): Promise<Testbed> {
  const directory = await mkdtemp(join(tmpdir(), 'dialplane-e2e-'))
  const dataDir = join(directory, 'data')
  const router = await startRouterProcess(dataDir, settings).catch(async (error) => {
    await rm(directory, { recursive: true, force: true })
    throw error
  })
  const app = await startApplication(router.authToken)
  const client = restClient(router.baseUrl, router.accountSid, router.authToken)
  await client.incomingPhoneNumbers.create({ phoneNumber: callerNumber })
  let numbers = 0
  return {
    directory,
    dataDir,
    router,
    app,
    client,
    async number(documents, more = {}) {
      const phoneNumber = `+1555010${String(numbers++).padStart(4, '0')}`
      const [voicePath = ''] = Object.keys(documents)
      for (const [path, responder] of Object.entries(documents)) app.on(path, responder)
      await client.incomingPhoneNumbers.create({
        phoneNumber,
        voiceUrl: app.url(voicePath),
        ...more,
      })
      return phoneNumber
    },
    uriOf: (phoneNumber) => `sip:${phoneNumber}@127.0.0.1:${router.sipPort}`,
    path: (name) => join(directory, name),
    async recording(url = '') {
      const Authorization = `Basic ${btoa(`${router.accountSid}:${router.authToken}`)}`
      const response = await fetch(url, { headers: { Authorization } })
      return readWav(Buffer.from(await response.arrayBuffer()))
    },
    quiet: (secondsMax) => untilQuiet(router, secondsMax),
    endedCall: (phoneNumber, secondsMax) => endedCall(client, phoneNumber, secondsMax),
    async close() {
      try {
        await router.stop()
        await app.close()
      } finally {
        await rm(directory, { recursive: true, force: true })
      }
    },
  }
}

export async function untilQuiet(router: RouterProcess, secondsMax = 20): Promise<void> {
  let last: unknown
  const isQuiet = async () => {
    const sizes = await router.sizes()
    last = sizes
    const { calls, legs, endpoints, sipLegs, storeRequests } = sizes
    return calls + legs + endpoints + sipLegs + storeRequests === 0 || undefined
  }
  await eventually('the router to be quiet', isQuiet, secondsMax).catch((error) => {
    throw new Error(`${error.message}: ${JSON.stringify(last)}`)
  })
}

const finalStatuses = ['completed', 'busy', 'failed', 'no-answer', 'canceled']

function endedCall(client: RestClient, phoneNumber: string, secondsMax = 20) {
  return eventually(
    `the call to ${phoneNumber} to end`,
    async () => {
      const [call] = await client.calls.list({ to: phoneNumber })
      return call && finalStatuses.includes(call.status) ? call : undefined
    },
    secondsMax,
  )
}
