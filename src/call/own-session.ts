import type { Ids } from '../base/ids.js'
import type { MediaSelection } from '../sdp/negotiate.js'
import { PayloadTypes } from '../sdp/payload-types.js'
import { srtpKeyBytesMax } from '../sdp/security.js'
import type { SessionDescription } from '../sdp/session-description.js'
import { type Answered, type LocalMedia, makeOffer } from './media-description.js'

/** What all our descriptions in one dialog have in common (RFC 3264 §8). */
export class OwnSession {
  readonly #id: string
  readonly #srtpKey: Uint8Array
  readonly #types = new PayloadTypes()
  #version = 0
  #last: SessionDescription | undefined
  /** Offers are for SRTP: it was asked for, or is what the peer has agreed to. */
  isSecure = false

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
      secure: this.isSecure,
    }
  }

  /** The text of an offer that keeps to what was said before. */
  offer(address: string, port: number): string {
    const { sdp, description } = makeOffer(this.describe(address, port), this.#last, this.#types)
    this.#last = description
    this.#types.note(description)
    return sdp
  }

  answered({ offer, description, selection }: Answered): void {
    this.#types.note(offer)
    this.#last = description
    this.isSecure = selection.srtp !== undefined
  }

  /** Their answer to an offer of ours. */
  settled(answer: SessionDescription, selection: MediaSelection): void {
    this.#types.note(answer)
    this.isSecure = selection.srtp !== undefined
  }
}
