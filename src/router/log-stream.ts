import { writeSync } from 'node:fs'

const flushMs = 20
const bytesMax = 65_536

/**
 * Standard output for the log: lines of 20 ms are written at once, as a write for each line is a
 * noticeable part of what a call costs. What is left is written when the process exits.
 */
export function createLogStream(write: (text: string) => void = writeAll) {
  let waiting = ''
  let timer: NodeJS.Timeout | undefined
  const flush = () => {
    clearTimeout(timer)
    timer = undefined
    const text = waiting
    waiting = ''
    if (text !== '') write(text)
  }
  process.on('exit', flush)
  return {
    write(line: string): void {
      waiting += line
      if (waiting.length >= bytesMax) flush()
      else timer ??= setTimeout(flush, flushMs).unref()
    },
    flush,
  }
}

/** A reader that is slow or gone costs log lines, never a call. */
function writeAll(text: string): void {
  const bytes = Buffer.from(text)
  let at = 0
  for (let tries = 0; at < bytes.length && tries < 100; tries++) {
    try {
      at += writeSync(process.stdout.fd, bytes, at)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') return
    }
  }
}
