/** The worker thread of the WASM driver: messages in, messages out; the work is in shell.ts. */
import { parentPort } from 'node:worker_threads'
import type { AnswerValue, FromWorker, ToWorker } from './messages.js'
import { MediaShell } from './shell.js'

const port = parentPort
if (!port) throw new Error('this module runs in a worker')

let shell: MediaShell | undefined

function post(message: FromWorker): void {
  port?.postMessage(message)
}

function start(message: ToWorker & { type: 'start' }): void {
  try {
    shell = new MediaShell(message.config, (batch) => post({ type: 'events', batch }))
    post({ type: 'started' })
  } catch (error) {
    post({ type: 'failed', reason: reasonOf(error) })
    port?.close()
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

async function answer(token: number, work: () => AnswerValue | Promise<AnswerValue>) {
  try {
    post({ type: 'answer', token, value: await work() })
  } catch (error) {
    post({ type: 'refusal', token, reason: reasonOf(error) })
  }
}

function handle(message: ToWorker): void | Promise<void> {
  if (message.type === 'start') return start(message)
  const media = shell
  if (!media) return
  switch (message.type) {
    case 'commands':
      return media.commands(message.batch)
    case 'open':
      return answer(message.token, () => media.open(message.options))
    case 'openMixer':
      return answer(message.token, () => media.openMixer())
    case 'loadPrompt':
      return answer(message.token, () => media.loadPrompt(message.samples, message.sampleRateHz))
    case 'releasePrompt':
      return media.releasePrompt(message.promptId)
    case 'resample':
      return answer(message.token, () =>
        media.resample(message.samples, message.fromHz, message.toHz),
      )
    case 'stats':
      return answer(message.token, () => media.stats())
    case 'close':
      return answer(message.token, async () => {
        await media.close()
        port?.unref()
        return undefined
      })
    default:
      return message satisfies never
  }
}

port.on('message', (message: ToWorker) => void handle(message))
