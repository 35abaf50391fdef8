import { messageBytesMax } from './parser.js'

export type Frame =
  | { readonly type: 'message'; readonly bytes: Uint8Array }
  /** A double CRLF to be answered by a single one (RFC 5626 §3.5.1). */
  | { readonly type: 'ping' }
  /** The stream cannot be followed any more. */
  | { readonly type: 'broken' }

const lengthPattern =
  /\r\n(?:content-length|l)[ \t]*:(?:[ \t]|\r\n[ \t])*([0-9]{1,9})[ \t]*(?=\r\n)/i

const noBytes = Buffer.alloc(0)

/** Cuts a byte stream into messages by Content-Length (RFC 3261 §18.3), however it is segmented. */
export class StreamFraming {
  #buffer: Buffer = noBytes
  #length = 0
  /** Where the search for the end of the head goes on. */
  #scanned = 0
  /** Total length of the message whose head is complete; 0: not known yet. */
  #needed = 0
  #broken = false

  push(bytes: Uint8Array, frames: Frame[]): void {
    if (this.#broken) return
    let offset = 0
    do {
      // Never holds more than one message, however large the piece.
      const room = messageBytesMax - this.#length
      const piece = bytes.subarray(offset, offset + room)
      offset += piece.length
      this.#append(piece)
      const before = this.#length
      this.#cut(frames)
      if (this.#broken) return
      if (this.#length >= messageBytesMax && this.#length === before) {
        this.#break(frames)
        return
      }
    } while (offset < bytes.length)
  }

  #append(piece: Uint8Array): void {
    const wanted = this.#length + piece.length
    if (wanted > this.#buffer.length) {
      const doubled = Math.min(2 * this.#buffer.length, messageBytesMax)
      const grown = Buffer.allocUnsafe(Math.max(wanted, doubled, 1024))
      this.#buffer.copy(grown, 0, 0, this.#length)
      this.#buffer = grown
    }
    this.#buffer.set(piece, this.#length)
    this.#length = wanted
  }

  #cut(frames: Frame[]): void {
    let begin = 0
    for (;;) {
      begin = this.#skipLineEnds(begin, frames)
      const end = this.#endOfMessage(begin)
      if (end < 0) {
        this.#break(frames)
        return
      }
      if (end === 0) break
      frames.push({
        type: 'message',
        bytes: Uint8Array.prototype.slice.call(this.#buffer, begin, end),
      })
      begin = end
      this.#scanned = end
      this.#needed = 0
    }
    if (begin === 0) return
    this.#buffer.copyWithin(0, begin, this.#length)
    this.#length -= begin
    // A quiet connection holds no memory.
    if (this.#length === 0) this.#buffer = noBytes
    this.#scanned = Math.max(0, this.#scanned - begin)
  }

  #skipLineEnds(from: number, frames: Frame[]): number {
    let begin = from
    if (this.#needed > 0) return begin
    while (
      this.#length - begin >= 2 &&
      this.#buffer[begin] === 13 &&
      this.#buffer[begin + 1] === 10
    ) {
      const double = this.#length - begin >= 4 && this.#buffer.readUInt16BE(begin + 2) === 0x0d0a
      // A lone CRLF may be the first half of a ping: wait for what follows.
      if (!double && this.#length - begin < 4) break
      if (double) frames.push({ type: 'ping' })
      begin += double ? 4 : 2
    }
    this.#scanned = Math.max(this.#scanned, begin)
    return begin
  }

  /** End of the message at `begin`; 0 when it is not complete, -1 when it has no end. */
  #endOfMessage(begin: number): number {
    if (this.#needed === 0) {
      const blank = this.#buffer
        .subarray(0, this.#length)
        .indexOf('\r\n\r\n', Math.max(begin, this.#scanned - 3), 'latin1')
      this.#scanned = this.#length
      if (blank < 0) return 0
      const head = this.#buffer.toString('latin1', begin, blank + 2)
      // RFC 3261 §20.14: over a stream the length must be there.
      const length = lengthPattern.exec(head)?.[1]
      if (length === undefined) return -1
      this.#needed = blank + 4 - begin + Number(length)
      if (this.#needed > messageBytesMax) return -1
    }
    return begin + this.#needed <= this.#length ? begin + this.#needed : 0
  }

  #break(frames: Frame[]): void {
    this.#broken = true
    this.#buffer = noBytes
    this.#length = 0
    frames.push({ type: 'broken' })
  }
}
