/** The packets of the only stream of an Ogg file (RFC 3533 §6), those of the header among them. */
export function oggPacketsOf(file: Buffer): Buffer[] {
  const packets: Buffer[] = []
  let parts: Buffer[] = []
  for (let at = 0; at + 27 <= file.length; ) {
    if (file.toString('latin1', at, at + 4) !== 'OggS') throw new Error('no Ogg page')
    const segments = file[at + 26] as number
    let from = at + 27 + segments
    for (const bytes of file.subarray(at + 27, from)) {
      parts.push(file.subarray(from, from + bytes))
      from += bytes
      // A segment that is not full ends its packet.
      if (bytes === 255) continue
      packets.push(Buffer.concat(parts))
      parts = []
    }
    at = from
  }
  return packets
}
