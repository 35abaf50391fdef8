import { createHash } from 'node:crypto'
import { open, rm } from 'node:fs/promises'

/** Where an answer goes that is too large to be kept in memory. */
export interface Spool {
  /** A file that does not exist yet. */
  readonly path: string
  /** Smaller answers stay in memory. */
  readonly beyondBytes: number
  readonly bytesMax: number
}

export interface SpooledBody {
  readonly path: string
  /** Of the content, in hex. */
  readonly sha256: string
}

/** Writes the chunks that are there and all that follow into the file. `tooLarge` makes the error for more. */
export async function spool(
  chunks: readonly Buffer[],
  rest: AsyncIterator<Buffer>,
  { path, bytesMax }: Spool,
  tooLarge: () => Error,
): Promise<SpooledBody> {
  const file = await open(path, 'wx', 0o600)
  const hash = createHash('sha256')
  let bytes = 0
  const write = async (chunk: Buffer) => {
    bytes += chunk.length
    if (bytes > bytesMax) throw tooLarge()
    hash.update(chunk)
    await file.appendFile(chunk)
  }
  try {
    for (const chunk of chunks) await write(chunk)
    for (let next = await rest.next(); !next.done; next = await rest.next()) await write(next.value)
    return { path, sha256: hash.digest('hex') }
  } catch (error) {
    await rm(path, { force: true })
    throw error
  } finally {
    await file.close()
  }
}
