/** The key that an INFO tells: application/dtmf-relay or application/dtmf; undefined: none. */
export function digitOfInfo(contentType: string, body: string): string | undefined {
  if (!contentType.toLowerCase().startsWith('application/dtmf')) return undefined
  const relayed = /^\s*Signal\s*=\s*([0-9A-D*#])/im.exec(body)?.[1]
  return (relayed ?? /^\s*([0-9A-D*#])\s*$/i.exec(body)?.[1])?.toUpperCase()
}
