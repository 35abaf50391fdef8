/** As many may have been closed at the same moment, after a pause of the application for one. */
const staleMax = 3

/** Failures of connections over which something had come before. */
const failuresOfUsed = new WeakSet<object>()

interface Connection {
  readonly bytesRead: number
  prependListener(event: 'error', listener: (error: Error) => void): unknown
}

/** Remembers of a new connection whether it was in use when it fails. */
export function noteUse(socket: Connection): void {
  socket.prependListener('error', (error: Error & { readonly code?: string }) => {
    // Of the other side; not those by which we end it ourselves, as after too long a wait.
    const isTheirs = error.code === 'ECONNRESET' || error.code === 'EPIPE'
    if (isTheirs && socket.bytesRead > 0) failuresOfUsed.add(error)
  })
}

/**
 * Sends again when a connection that was kept open turns out to be closed: its server had given it up
 * before the request came (RFC 9112 §9.3.1 and 9.5). The request carries its idempotency token.
 */
export async function overStaleConnections<Answer>(send: () => Promise<Answer>): Promise<Answer> {
  for (let stale = 0; ; stale++) {
    try {
      return await send()
    } catch (error) {
      if (stale >= staleMax || !wasOfUsed(error)) throw error
    }
  }
}

function wasOfUsed(error: unknown): boolean {
  if (typeof error !== 'object' || error === null) return false
  const { code, socket } = error as {
    readonly code?: string
    readonly socket?: { readonly bytesRead?: number }
  }
  if (code === 'UND_ERR_SOCKET') return (socket?.bytesRead ?? 0) > 0
  return failuresOfUsed.has(error)
}
