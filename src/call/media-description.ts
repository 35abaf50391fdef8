import { fail, ok, type Result } from '../base/result.js'
import {
  acceptAnswer,
  type Capabilities,
  createOffer,
  type MediaSelection,
  negotiate,
} from '../sdp/negotiate.js'
import { parseSdp } from '../sdp/parser.js'
import { PayloadTypes } from '../sdp/payload-types.js'
import { srtpKeyBytesMax } from '../sdp/security.js'
import type { SessionDescription } from '../sdp/session-description.js'
import { writeSdp } from '../sdp/writer.js'

/** Our end of a leg's media, for its descriptions. */
export interface LocalMedia {
  readonly address: string
  readonly port: number
  readonly sessionId: string
  readonly sessionVersion: number
  /** Random bytes, the same for the whole call; without, SRTP is refused. */
  readonly srtpKey?: Uint8Array
  /** Offer SRTP only. */
  readonly secure?: boolean
}

/** A description of ours, as it is sent and as it was meant. */
export interface OwnDescription {
  readonly sdp: string
  readonly description: SessionDescription
}

/** `last`: what we said last in the same dialog; `types`: what payload types mean in it. */
export function makeOffer(
  local: LocalMedia,
  last?: SessionDescription,
  types = new PayloadTypes(),
): OwnDescription {
  const capabilities = capabilitiesOf(local)
  const { codecs, events } = types.numbered(capabilities.codecs, capabilities.telephoneEvents)
  const description = createOffer({ ...capabilities, codecs, telephoneEvents: events }, last)
  return { sdp: writeSdp(description), description }
}

/** For answers that nobody gets. */
const trial: LocalMedia = {
  address: '0.0.0.0',
  port: 9,
  sessionId: '0',
  sessionVersion: 0,
  srtpKey: new Uint8Array(srtpKeyBytesMax),
}

export interface Answered extends OwnDescription {
  readonly offer: SessionDescription
  readonly selection: MediaSelection
}

export function answerOffer(offer: string, local: LocalMedia): Result<Answered, string> {
  const parsed = parseSdp(offer)
  if (!parsed.ok) return fail(parsed.problem)
  const negotiated = negotiate(parsed.value, capabilitiesOf(local))
  if (!negotiated.ok) return fail(negotiated.problem)
  const { answer, selection } = negotiated.value
  return ok({ sdp: writeSdp(answer), description: answer, offer: parsed.value, selection })
}

export interface Settled {
  readonly answer: SessionDescription
  readonly selection: MediaSelection
}

/** What an answer to our own offer means; an answer that is missing is a problem. */
export function settleAnswer(offer: string, answer: string | undefined): Result<Settled, string> {
  const [ours, theirs] = [parseSdp(offer), parseSdp(answer ?? '')]
  if (!ours.ok) return fail(ours.problem)
  if (!theirs.ok) return fail(theirs.problem)
  const selection = acceptAnswer(ours.value, theirs.value)
  return selection.ok ? ok({ answer: theirs.value, selection: selection.value }) : selection
}

/** Whether media by this offer is encrypted; a late offer says nothing of it. */
export function isSecureOffer(offer: string | undefined): boolean {
  const answer = offer === undefined ? undefined : answerOffer(offer, trial)
  return answer?.ok === true && answer.value.selection.srtp !== undefined
}

/** Whether an offer has media that we can take, and send to where we may. */
export function canAnswer(offer: string | undefined, reach: Reach): boolean {
  // A late offer: the caller answers ours in its ACK.
  if (offer === undefined) return true
  const answer = answerOffer(offer, trial)
  return answer.ok && reachable(answer.value.selection, reach) !== undefined
}

/** Where media may be sent to. */
export interface Reach {
  /** Where the peer signals from; undefined: not known. */
  readonly source: string | undefined
  /** Undefined: anywhere. */
  readonly mayReach: ((address: string) => boolean) | undefined
}

/**
 * The selection with an address that we may send to. A phone behind a NAT names one that leads nowhere, or
 * worse, to a neighbour of ours: its media is then awaited from where it signals, and answered to the port
 * that it comes from. Undefined: there is no such address.
 */
export function reachable(
  selection: MediaSelection,
  { source, mayReach }: Reach,
): MediaSelection | undefined {
  if (mayReach === undefined || mayReach(selection.remoteAddress)) return selection
  if (source !== undefined && mayReach(source)) return { ...selection, remoteAddress: source }
  // Nothing but reports would be sent (RFC 3264 §8.4: the address zero of a held call).
  return selection.direction === 'inactive' ? selection : undefined
}

function capabilitiesOf(local: LocalMedia): Capabilities {
  return {
    codecs: [
      { name: 'PCMU', clockRateHz: 8000, payloadType: 0 },
      { name: 'PCMA', clockRateHz: 8000, payloadType: 8 },
      { name: 'G722', clockRateHz: 8000, payloadType: 9 },
      { name: 'opus', clockRateHz: 48000, payloadType: 96 },
      { name: 'L16', clockRateHz: 16000, payloadType: 97 },
      { name: 'L16', clockRateHz: 8000, payloadType: 98 },
    ],
    telephoneEvents: [
      { payloadType: 101, clockRateHz: 8000 },
      { payloadType: 102, clockRateHz: 48000 },
    ],
    ptimeMs: 20,
    ...local,
  }
}
