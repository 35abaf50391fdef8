/** A worker thread of the pool: decodes sounds and copies recordings, one job after another. */
import { parentPort } from 'node:worker_threads'
import { AudioFileError } from './audio-file.js'
import { copyRecording } from './copy-recording.js'
import { decodeSound } from './format-table.js'
import type { Answer, Job } from './messages.js'
import { unpackSound } from './unpack.js'

// The decoders complain of each broken frame there, which a stranger's file must not do to our log.
console.error = () => {}
console.warn = () => {}

async function answerTo(job: Job): Promise<Answer> {
  try {
    if (job.type === 'copy') return { ok: true, result: await copyRecording(job) }
    if (job.type === 'unpack') return { ok: true, result: await unpackSound(job) }
    const { buffer, byteOffset, byteLength } = job.bytes
    const bytes = Buffer.from(buffer, byteOffset, byteLength)
    return { ok: true, result: await decodeSound(bytes, job.contentType) }
  } catch (error) {
    if (error instanceof AudioFileError) return { ok: false, message: error.message }
    // What a decoder throws for bytes that it does not understand has no class of its own.
    return { ok: false, message: `cannot be decoded: ${messageOf(error)}` }
  }
}

function messageOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).slice(0, 200)
}

parentPort?.on('message', async (job: Job) => {
  const answer = await answerTo(job)
  const samples = answer.ok ? answer.result?.samples.buffer : undefined
  parentPort?.postMessage(answer, samples instanceof ArrayBuffer ? [samples] : [])
})
