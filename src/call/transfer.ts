import type { Call } from './call.js'
import { isFinal } from './call-record.js'
import type { ProgramStart } from './ports.js'
import type { ReferOutcome, Referral } from './sip-leg.js'

/** A new party for who stays in the call, asked for by who is about to leave; undefined: declined. */
export type OnTransfer = (target: string) => Promise<void> | undefined

/** Who is asked what to do about a transfer: the `referUrl` of a Dial. */
export interface TransferUrl {
  readonly url: string
  readonly method: 'GET' | 'POST'
}

/** Who may transfer the other one without being asked, and what becomes of that one. */
export interface TransferRule {
  readonly by: 'parent' | 'child'
  /** Undefined: the party is not called. */
  start(target: string): ProgramStart | undefined
}

/**
 * While two calls are connected each may transfer the other: that of the caller goes on with the document
 * at `asked`, and for the caller the promise says the new party.
 */
export function allowTransfers(
  parent: Call,
  child: Call,
  asked: TransferUrl | TransferRule | undefined,
): Promise<string> {
  parent.partner = child
  child.partner = parent
  return new Promise((resolve) => {
    if (!asked) return
    if ('by' in asked) {
      allowOne(parent, child, asked, resolve)
      return
    }
    child.onTransfer = async (target) => resolve(target)
    parent.onTransfer = (target) => {
      const parameters = [['ReferTransferTarget', target]] as const
      return child.dispatch({ type: 'redirect', start: { type: 'url', ...asked, parameters } })
    }
  })
}

function allowOne(
  parent: Call,
  child: Call,
  { by, start }: TransferRule,
  resolve: (target: string) => void,
): void {
  if (by === 'parent') {
    parent.onTransfer = (target) => {
      const program = start(target)
      return program && child.dispatch({ type: 'redirect', start: program })
    }
    return
  }
  child.onTransfer = (target) => {
    if (!start(target)) return undefined
    resolve(target)
    return Promise.resolve()
  }
}

/** The two are no longer connected. */
export function forbidTransfers(...calls: readonly Call[]): void {
  for (const call of calls) {
    call.partner = undefined
    call.onTransfer = undefined
  }
}

/**
 * Carries out a REFER (RFC 5589). Attended, of two calls that are both ours: the other side of the first
 * goes on in the second, and nobody is asked. Blind: who dialled decides. A caller that talks to nobody
 * but us cannot be transferred by itself.
 */
export async function transfer(
  call: Call,
  referral: Referral,
  second: Call | undefined,
): Promise<void> {
  const { leg, partner } = call
  const { referId, target, replacedLegId } = referral
  if (!partner || isFinal(partner.record.status)) {
    leg.answerRefer(referId, 603)
    return
  }
  if (replacedLegId !== undefined) {
    const sameOwner = second?.record.accountSid === call.record.accountSid
    const isOther = second !== undefined && second !== call && second !== partner
    if (!sameOwner || !isOther || !second.isAnswered) {
      leg.answerRefer(referId, 603)
      return
    }
    leg.answerRefer(referId, 202)
    await second.adopt(partner, (status) => leg.reportRefer(referId, status))
    return
  }
  const outcome = call.onTransfer?.(target)
  if (!outcome) {
    leg.answerRefer(referId, 603)
    return
  }
  leg.answerRefer(referId, 202)
  // Those who stay are in the hands of their application now: the transfer is done.
  await outcome.then(
    () => leg.reportRefer(referId, 200),
    () => leg.reportRefer(referId, 503),
  )
}

/** Longer than anybody lets a phone ring. */
const referMsMax = 180_000

/** Asks the other side of a call to call `target` instead; resolves when it has told how that went. */
export async function refer(
  { leg, ports }: Call,
  target: string,
  signal: AbortSignal,
): Promise<ReferOutcome> {
  const over = new AbortController()
  const patience = ports.clock.sleep(referMsMax, AbortSignal.any([signal, over.signal]))
  patience.then(
    () => over.abort(),
    () => {},
  )
  const outcome = await leg.refer(target, AbortSignal.any([signal, over.signal]))
  over.abort()
  // It may have hung up because it was transferred: that is told first.
  if (signal.aborted && outcome.reported === undefined) throw signal.reason
  return outcome
}
