import { type Dialog, targetOf, uacDialog } from './dialog.js'
import { sendInDialog } from './dialog-request.js'
import type { Flow } from './events.js'
import { parseNumber } from './grammar.js'
import type { ResponseEnvelope } from './inspect.js'
import type { Leg } from './leg.js'
import { headerOf, sdpOf } from './message.js'
import { optionTags } from './session-timer.js'
import type { Stack } from './stack.js'

interface EarlyDialog {
  readonly dialog: Dialog
  /** Of the last reliable provisional response; undefined: none yet. */
  rseq: number | undefined
  /** The answer, when one has come already. */
  sdp: string | undefined
}

const earlyMax = 16

/** The dialogs that provisional responses to one INVITE have made, one per fork (RFC 3261 §12.1). */
export class EarlyDialogs {
  readonly #stack: Stack
  readonly #device: Flow | undefined
  readonly #byTag = new Map<string, EarlyDialog>()

  /** `device`: the way that the INVITE took, when it was that to a registered device. */
  constructor(stack: Stack, device: Flow | undefined) {
    this.#stack = stack
    this.#device = device
  }

  find(remoteTag: string): Dialog | undefined {
    return this.#byTag.get(remoteTag)?.dialog
  }

  sdpOf(remoteTag: string): string | undefined {
    return this.#byTag.get(remoteTag)?.sdp
  }

  /** Forgets all, as an INVITE that is sent anew makes new ones. */
  clear(): void {
    this.#byTag.clear()
  }

  /** Takes note of a 101-199; false when it is one that is to be ignored (RFC 3262 §4). */
  receive(leg: Leg, target: string, envelope: ResponseEnvelope, flow: Flow): boolean {
    const tag = envelope.to.params.get('tag')
    if (tag === undefined) return true
    let early = this.#byTag.get(tag)
    if (!early) {
      if (this.#byTag.size >= earlyMax) return false
      const dialog = this.#dialogOf(envelope, target, envelope.cseq, flow)
      early = { dialog, rseq: undefined, sdp: undefined }
      this.#byTag.set(tag, early)
    }
    const rseq = reliableNumber(envelope)
    if (rseq !== undefined) {
      // §4: one that repeats, or that overtook its predecessor, which will come again.
      if (early.rseq !== undefined && rseq !== early.rseq + 1) return false
      early.rseq = rseq
      sendInDialog(this.#stack, early.dialog, {
        method: 'PRACK',
        credentials: leg.credentials,
        headers: [{ name: 'RAck', value: `${rseq} ${envelope.cseq} INVITE` }],
      })
    }
    early.sdp = sdpOf(envelope.response) ?? early.sdp
    return true
  }

  /** The dialog of a 2xx: the route set is made anew, the CSeq goes on (RFC 3261 §13.2.2.4). */
  confirm(envelope: ResponseEnvelope, target: string, cseq: number, flow: Flow): Dialog {
    const early = this.find(envelope.to.params.get('tag') ?? '')
    const dialog = this.#dialogOf(envelope, target, cseq, flow)
    dialog.localCSeq = Math.max(cseq, early?.localCSeq ?? 0)
    dialog.remoteCSeq = early?.remoteCSeq
    return dialog
  }

  /** The Contact of a device behind a NAT leads nowhere; a proxy on the way knows better. */
  #dialogOf(envelope: ResponseEnvelope, target: string, cseq: number, flow: Flow): Dialog {
    const dialog = uacDialog(envelope, target, cseq, flow)
    const device = this.#device
    if (device && dialog.routeSet.length === 0) dialog.destination ??= { target: targetOf(device) }
    return dialog
  }
}

function reliableNumber({ response }: ResponseEnvelope): number | undefined {
  if (!optionTags(response.headers, 'Require').has('100rel')) return undefined
  return parseNumber(headerOf(response.headers, 'RSeq') ?? '', 0xffff_ffff)
}
