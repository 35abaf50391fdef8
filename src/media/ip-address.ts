/** The address of a peer as 16 bytes in network order, with its family; undefined when it is none. */
export function parseIpAddress(text: string): { family: 4 | 6; bytes: Uint8Array } | undefined {
  const bytes = new Uint8Array(16)
  const v4 = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text)
  if (v4) {
    for (let i = 0; i < 4; i++) bytes[i] = Number(v4[i + 1])
    return v4.slice(1).every((part) => Number(part) <= 255) ? { family: 4, bytes } : undefined
  }
  if (!text.includes(':')) return undefined
  const halves = text.replace(/^\[|\]$|%.*$/g, '').split('::')
  if (halves.length > 2) return undefined
  const head = parseGroups(halves[0] ?? '')
  const tail = halves.length === 2 ? parseGroups(halves[1] ?? '') : []
  if (!head || !tail) return undefined
  const groups = head.length + tail.length
  if (halves.length === 2 ? groups > 7 : groups !== 8) return undefined
  for (const [i, group] of head.entries()) writeGroup(bytes, i, group)
  for (const [i, group] of tail.entries()) writeGroup(bytes, 8 - tail.length + i, group)
  return { family: 6, bytes }
}

function parseGroups(text: string): number[] | undefined {
  if (text === '') return []
  const groups: number[] = []
  for (const part of text.split(':')) {
    const v4 = part.includes('.') ? parseIpAddress(part) : undefined
    if (v4) {
      groups.push(((v4.bytes[0] ?? 0) << 8) | (v4.bytes[1] ?? 0))
      groups.push(((v4.bytes[2] ?? 0) << 8) | (v4.bytes[3] ?? 0))
    } else if (/^[0-9a-fA-F]{1,4}$/.test(part)) {
      groups.push(Number.parseInt(part, 16))
    } else {
      return undefined
    }
  }
  return groups
}

function writeGroup(bytes: Uint8Array, index: number, group: number): void {
  bytes[2 * index] = group >> 8
  bytes[2 * index + 1] = group & 0xff
}
