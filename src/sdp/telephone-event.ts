import type { MediaDescription, RtpMap } from './session-description.js'

/** A payload type for telephone-event (RFC 4733). */
export interface TelephoneEvent {
  readonly payloadType: number
  readonly clockRateHz: number
}

/** Events 0 to 16: digits, stars, letters, flash (RFC 4733 §3.2). */
export const telephoneEventParameters = '0-16'

export function telephoneEventMap({ clockRateHz }: TelephoneEvent): RtpMap {
  return { name: 'telephone-event', clockRateHz }
}

/**
 * The one with the clock of the audio (RFC 4733 §2.1: both share a timestamp line), else any. Without
 * fmtp the events 0 to 15 are meant (§2.4.1).
 */
export function telephoneEventOf(
  media: MediaDescription,
  audioClockRateHz: number,
): TelephoneEvent | undefined {
  const events: TelephoneEvent[] = []
  for (const format of media.formats) {
    const payloadType = Number(format)
    const map = media.rtpmaps.get(payloadType)
    if (map?.name.toLowerCase() !== 'telephone-event') continue
    const { clockRateHz } = map
    if (clockRateHz % 8000 !== 0 || clockRateHz < 8000 || clockRateHz > 48000) continue
    if (includesDigits(media.fmtps.get(payloadType))) events.push({ payloadType, clockRateHz })
  }
  return events.find(({ clockRateHz }) => clockRateHz === audioClockRateHz) ?? events[0]
}

/** True when the event list `0-15,16` holds the digits 0 to 9. */
function includesDigits(list: string | undefined): boolean {
  if (list === undefined) return true
  const ranges = list.replace(/^events=/i, '').split(',', 64)
  const held = new Set<number>()
  for (const range of ranges) {
    const match = /^\s*([0-9]{1,3})(?:-([0-9]{1,3}))?\s*$/.exec(range)
    if (!match) continue
    const last = Number(match[2] ?? match[1])
    for (let event = Number(match[1]); event <= Math.min(last, 255); event++) held.add(event)
  }
  return [0, 1, 2, 3, 4, 5, 6, 7, 8, 9].every((event) => held.has(event))
}
