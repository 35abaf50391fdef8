import type { HeaderExtension, MediaDescription } from './session-description.js'

const uri = 'urn:ietf:params:rtp-hdrext:ssrc-audio-level'
/** Of elements with a head of one byte (RFC 8285 §4.2). */
const idMax = 14

/** Who is in a room says how loud it is, so that silence need not be decoded; we do not say it (RFC 6464 §4). */
export const offeredAudioLevel: HeaderExtension = { id: 1, direction: 'recvonly', uri }

/** The one in which the sender of a description would tell the level of its packets. */
export function audioLevelOf({ extensions }: MediaDescription): HeaderExtension | undefined {
  return extensions.find(
    ({ id, direction, uri: theirs }) =>
      theirs === uri &&
      id >= 1 &&
      id <= idMax &&
      direction !== 'recvonly' &&
      direction !== 'inactive',
  )
}
