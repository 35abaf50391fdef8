import type { HeaderField } from './events.js'
import type { Leg } from './leg.js'
import type { LegCommand } from './leg-events.js'
import { sdpOf } from './message.js'
import { ReliableProvisional } from './reliable-provisional.js'
import { optionTags } from './session-timer.js'
import type { Stack } from './stack.js'
import { answerPending, dialogFields, refusePending } from './uas.js'

type Progress = LegCommand & { readonly type: 'progress' }

/** RFC 3261 §13.3.1.1: again every minute, as proxies give up after three. */
const ringAgainMs = 60_000

/** 101-199 to an INVITE that waits, reliably where the caller wants that (RFC 3262 §3). */
export function progress(stack: Stack, command: Progress): void {
  const { core, legs } = stack
  const leg = legs.get(command.legId)
  if (!leg || leg.established || command.status <= 100 || command.status >= 200) return
  if (leg.reliable) {
    // One at a time; an accept that waits already says more.
    if (leg.afterReliable?.type !== 'accept') leg.afterReliable = command
    return
  }
  const way = wayOf(leg, command.sdp)
  legs.stopRinging(leg)
  const ringing = {
    timeout: () => {
      if (way === 'plain') send(stack, leg, command.status, command.sdp, [])
      if (way === 'reliable') sendReliably(stack, leg, command)
      if (way !== 'none' && leg.pending) core.deadlines.set(ringing, core.nowMs + ringAgainMs)
    },
  }
  leg.ringing = ringing
  ringing.timeout()
}

function wayOf(leg: Leg, sdp: string | undefined): 'plain' | 'reliable' | 'none' {
  const request = leg.pending?.envelope.request
  if (!request) return 'none'
  const required = optionTags(request.headers, 'Require').has('100rel')
  const supported = required || optionTags(request.headers, 'Supported').has('100rel')
  if (!supported || (!required && sdp === undefined)) return 'plain'
  // §5: without an offer in the INVITE the first reliable response would have to bring one.
  return sdpOf(request) === undefined && sdp === undefined ? 'none' : 'reliable'
}

function send(
  stack: Stack,
  leg: Leg,
  status: number,
  sdp: string | undefined,
  headers: readonly HeaderField[],
): Uint8Array | undefined {
  const parts = { headers: [...dialogFields(stack, leg), ...headers] }
  return answerPending(stack, leg, status, sdp === undefined ? parts : { ...parts, sdp })
}

function sendReliably(stack: Stack, leg: Leg, command: Progress): void {
  const { core, legs } = stack
  if (leg.reliable || !leg.pending) return
  // §3: the first is random, and far from the end of the numbers.
  leg.rseq = leg.rseq === 0 ? 1 + (core.config.ids.uint32() % 0x7fff_ffff) : leg.rseq + 1
  // §5: what was answered is not answered again.
  const sdp = leg.answeredEarly ? undefined : command.sdp
  const { transaction } = leg.pending
  const bytes = send(stack, leg, command.status, sdp, [
    { name: 'Require', value: '100rel' },
    { name: 'RSeq', value: String(leg.rseq) },
  ])
  if (!bytes) return
  const hasSdp = sdp !== undefined
  const parts = { rseq: leg.rseq, status: command.status, bytes, hasSdp }
  leg.reliable = new ReliableProvisional(core, transaction, parts, () => {
    legs.stopReliable(leg)
    refusePending(stack, leg, 504)
    legs.end(leg, leg.hangingUp ? 'hungUp' : 'prackTimeout')
  })
}
