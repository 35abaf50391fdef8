import type { Ids } from '../base/ids.js'
import { srtpKeyBytesMax } from '../sdp/security.js'
import type { LocalMedia } from './media-description.js'

/** How we name ourselves to one peer in all our descriptions of a dialog (RFC 3264 §8). */
export class OwnSession {
  readonly #id: string
  readonly #srtpKey: Uint8Array
  #version = 0

  constructor(ids: Ids) {
    this.#id = String(ids.uint32())
    this.#srtpKey = Buffer.from(ids.hex(srtpKeyBytesMax), 'hex')
  }

  /** For the next description: its version is one more than that of the last. */
  describe(address: string, port: number): LocalMedia {
    return {
      address,
      port,
      sessionId: this.#id,
      sessionVersion: this.#version++,
      srtpKey: this.#srtpKey,
    }
  }
}
