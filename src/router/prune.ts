import { readdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'

/** Removes the files of a folder that were written longest ago until the rest fits `bytesMax`. */
export function prune(directory: string, bytesMax: number): void {
  const files = readdirSync(directory)
    .map((name) => join(directory, name))
    .map((path) => ({ path, stat: statSync(path, { throwIfNoEntry: false }) }))
    .flatMap(({ path, stat }) =>
      stat?.isFile() ? [{ path, bytes: stat.size, ms: stat.mtimeMs }] : [],
    )
    .sort((a, b) => b.ms - a.ms)
  let bytes = 0
  for (const file of files) {
    bytes += file.bytes
    if (bytes > bytesMax) rmSync(file.path, { force: true })
  }
}
