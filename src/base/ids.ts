/** Randomness as a port: the shells implement it with the system's generator, tests with a seed. */
export interface Ids {
  /** `byteCount` random bytes as lower-case hex. */
  hex(byteCount: number): string
  /** A random unsigned 32-bit number. */
  uint32(): number
}

export type SidPrefix =
  | ('AC' | 'CA' | 'PN' | 'RE' | 'CF' | 'QU' | 'AP' | 'SM' | 'MM' | 'TR' | 'SK' | 'NO' | 'GW')
  | ('SD' | 'CL' | 'CR' | 'AL' | 'IP' | 'TK' | 'OU' | 'WO')

/** A resource id: two letters and 32 hex digits (contract 2F.1). */
export function makeSid(prefix: SidPrefix, ids: Ids): string {
  return prefix + ids.hex(16)
}

const sidPattern = /^[A-Z]{2}[0-9a-f]{32}$/

export function isSid(text: string, prefix: SidPrefix): boolean {
  return text.startsWith(prefix) && sidPattern.test(text)
}

/** A repeatable source of ids for tests (xorshift32; not for anything secret). */
export class SeededIds implements Ids {
  #state: number

  constructor(seed: number) {
    this.#state = seed >>> 0 || 1
  }

  uint32(): number {
    let state = this.#state
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    this.#state = state >>> 0
    return this.#state
  }

  hex(byteCount: number): string {
    let text = ''
    while (text.length < byteCount * 2) text += this.uint32().toString(16).padStart(8, '0')
    return text.slice(0, byteCount * 2)
  }
}
