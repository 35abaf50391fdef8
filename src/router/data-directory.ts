import { randomBytes } from 'node:crypto'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join, resolve } from 'node:path'

export interface DataDirectory {
  readonly path: string
  readonly databasePath: string
  readonly recordingsPath: string
  readonly cachePath: string
  /** Copies of recordings in other formats; made when the first is. */
  readonly copiesPath: string
  readonly credentialsPath: string
  /** Key of the SecretBox, 32 bytes. */
  readonly key: Buffer
  /** Gives the directory back for another process. */
  release(): void
}

/** The directory belongs to another process that is alive. */
export class DirectoryInUseError extends Error {
  override readonly name = 'DirectoryInUseError'
}

/**
 * Opens the data directory (0700) for this process alone, making it and its key file when missing.
 * Throws DirectoryInUseError.
 */
export function openDataDirectory(directory: string): DataDirectory {
  const path = resolve(directory)
  mkdirSync(path, { recursive: true, mode: 0o700 })
  if ((statSync(path).mode & 0o077) !== 0) chmodSync(path, 0o700)
  const pidPath = join(path, 'pid')
  claim(pidPath, path)
  const recordingsPath = join(path, 'recordings')
  const cachePath = join(path, 'cache')
  mkdirSync(recordingsPath, { recursive: true })
  mkdirSync(cachePath, { recursive: true })
  return {
    path,
    databasePath: join(path, 'dialplane.db'),
    recordingsPath,
    cachePath,
    copiesPath: join(cachePath, 'recordings'),
    credentialsPath: join(path, 'credentials'),
    key: keyOf(join(path, 'key')),
    release: () => rmSync(pidPath, { force: true }),
  }
}

function claim(pidPath: string, path: string): void {
  if (existsSync(pidPath)) {
    const pid = Number(readFileSync(pidPath, 'utf8'))
    if (pid !== process.pid && isOurs(pid)) {
      throw new DirectoryInUseError(
        `${path} is in use by process ${pid}; stop it or set DIALPLANE_DATA_DIR to another directory`,
      )
    }
  }
  writeFileSync(pidPath, String(process.pid), { mode: 0o600 })
}

/** Whether the process lives; a number that another program got since then does not count. */
function isOurs(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false
  try {
    process.kill(pid, 0)
  } catch {
    return false
  }
  try {
    return /node|dialplane/.test(readFileSync(`/proc/${pid}/cmdline`, 'utf8'))
  } catch {
    return true
  }
}

function keyOf(keyPath: string): Buffer {
  if (!existsSync(keyPath)) writeFileSync(keyPath, randomBytes(32).toString('hex'), { mode: 0o600 })
  return Buffer.from(readFileSync(keyPath, 'utf8').trim(), 'hex')
}
