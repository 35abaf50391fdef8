import { type CodecCapability, rtpMapOf } from './codecs.js'
import type { RtpMap, SessionDescription } from './session-description.js'
import { type TelephoneEvent, telephoneEventMap } from './telephone-event.js'

/** Dynamic payload types (RFC 3551 §3). */
const dynamic = { min: 96, max: 127 }

/**
 * What the dynamic payload types of one session stand for: a number never changes its meaning while the
 * session lasts, whoever has used it first (RFC 3264 §8.3.2).
 */
export class PayloadTypes {
  readonly #known = new Map<number, string>()

  /** Takes note of a description of either side. */
  note({ media }: SessionDescription): void {
    for (const { kind, rtpmaps } of media) {
      if (kind !== 'audio') continue
      for (const [payloadType, map] of rtpmaps) {
        if (payloadType >= dynamic.min && !this.#known.has(payloadType)) {
          this.#known.set(payloadType, keyOf(map))
        }
      }
    }
  }

  /** Our codecs and events under numbers that are theirs already, or that nobody has used. */
  numbered(
    codecs: readonly CodecCapability[],
    events: readonly TelephoneEvent[],
  ): { readonly codecs: CodecCapability[]; readonly events: TelephoneEvent[] } {
    const used = new Set<number>()
    const number = (payloadType: number, map: RtpMap): number => {
      const found = payloadType < dynamic.min ? payloadType : this.#find(payloadType, map, used)
      used.add(found)
      return found
    }
    return {
      codecs: codecs.map((codec) => ({
        ...codec,
        payloadType: number(codec.payloadType, rtpMapOf(codec)),
      })),
      events: events.map((event) => ({
        ...event,
        payloadType: number(event.payloadType, telephoneEventMap(event)),
      })),
    }
  }

  #find(preferred: number, map: RtpMap, used: ReadonlySet<number>): number {
    const key = keyOf(map)
    for (const [payloadType, known] of this.#known) {
      if (known === key && !used.has(payloadType)) return payloadType
    }
    const isFree = (payloadType: number) => !this.#known.has(payloadType) && !used.has(payloadType)
    for (let next = preferred; next <= dynamic.max; next++) if (isFree(next)) return next
    for (let next = dynamic.min; next < preferred; next++) if (isFree(next)) return next
    // Thirty-two numbers are all taken: the peer will have to live with ours.
    return preferred
  }
}

function keyOf({ name, clockRateHz, channels = 1 }: RtpMap): string {
  return `${name.toLowerCase()}/${clockRateHz}/${channels}`
}
