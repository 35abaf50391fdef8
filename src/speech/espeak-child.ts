/**
 * The process that speaks: it loads eSpeak NG, which is under the GPL and therefore stays in a process
 * of its own, takes text and returns PCM. Started by espeak-provider.ts with an IPC channel.
 */
import type { SpeakReply, SpeakRequest } from './espeak-protocol.js'

interface EspeakWorker {
  set_voice(name: string): number
  set_rate(wordsPerMinute: number): void
  get_samplerate(): number
  synthesize(text: string, onAudio: (audio: Int16Array | null) => number | undefined): void
}

interface EspeakModule {
  eSpeakNGWorker: new () => EspeakWorker | Promise<EspeakWorker>
}

const packageName = '@echogarden/espeak-ng-emscripten'
const normalVoice = 'en-us'

function send(reply: SpeakReply): void {
  process.send?.(reply)
}

function speak(worker: EspeakWorker, { id, text, voice }: SpeakRequest): SpeakReply {
  // A voice that is not installed degrades to its language, then to English.
  const names = [voice, voice.split('+', 1)[0] ?? normalVoice, normalVoice]
  if (!names.some((name) => worker.set_voice(name) === 0)) {
    return { type: 'failed', id, message: `no voice ${voice}` }
  }
  worker.set_rate(165)
  const chunks: Int16Array[] = []
  // The callback's array is a view of memory that is used again: copy it.
  worker.synthesize(text, (audio) => {
    if (audio && audio.length > 0) chunks.push(audio.slice())
    return 0
  })
  const samples = new Int16Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0))
  let at = 0
  for (const chunk of chunks) {
    samples.set(chunk, at)
    at += chunk.length
  }
  return { type: 'spoken', id, samples, sampleRateHz: worker.get_samplerate() }
}

const { default: load } = (await import(packageName)) as { default: () => Promise<EspeakModule> }
const module = await load()
const worker = await new module.eSpeakNGWorker()
process.on('message', (request: SpeakRequest) => {
  try {
    send(speak(worker, request))
  } catch (error) {
    send({ type: 'failed', id: request.id, message: String(error) })
  }
})
process.on('disconnect', () => process.exit(0))
// Whoever stops the router stops its group, while live calls still speak: our parent ends us.
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => {})
send({ type: 'ready' })
