import type { Timed } from './core.js'
import type { Dialog } from './dialog.js'
import { sendInDialog } from './dialog-request.js'
import { type MessageSummary, messageSummaryType, writeMessageSummary } from './message-summary.js'
import type { Stack } from './stack.js'

/** One phone that shows whether messages wait (RFC 6665 §4.2, RFC 3842). */
export class Subscription implements Timed {
  readonly addressOfRecord: string
  readonly dialog: Dialog
  readonly #stack: Stack
  readonly #account: string
  readonly #event: string
  #expiresAtMs = 0
  #summary: MessageSummary
  #isSending = false
  #isBehind = false
  #isOver = false

  constructor(
    stack: Stack,
    parts: {
      readonly addressOfRecord: string
      readonly account: string
      readonly event: string
      readonly dialog: Dialog
      readonly summary: MessageSummary
    },
  ) {
    this.#stack = stack
    this.addressOfRecord = parts.addressOfRecord
    this.#account = parts.account
    this.#event = parts.event
    this.dialog = parts.dialog
    this.#summary = parts.summary
  }

  /** It was asked for, or asked for again (§4.2.1.2): a NOTIFY follows at once. 0: it ends. */
  renew(expiresS: number): void {
    const { core } = this.#stack
    this.#expiresAtMs = core.nowMs + expiresS * 1000
    if (expiresS === 0) {
      this.timeout()
      return
    }
    core.deadlines.set(this, this.#expiresAtMs)
    this.#notify()
  }

  update(summary: MessageSummary): void {
    this.#summary = summary
    this.#notify()
  }

  /** §4.2.2: the last NOTIFY says that it is over. */
  timeout(): void {
    this.#close()
    this.#send('terminated;reason=timeout')
  }

  #close(): void {
    this.#isOver = true
    this.#stack.core.deadlines.delete(this)
    this.#stack.subscriptions.delete(this)
  }

  /** One at a time: what changes meanwhile is told by the next. */
  #notify(): void {
    if (this.#isSending) {
      this.#isBehind = true
      return
    }
    const leftMs = this.#expiresAtMs - this.#stack.core.nowMs
    this.#send(`active;expires=${Math.max(1, Math.ceil(leftMs / 1000))}`)
  }

  #send(state: string): void {
    this.#isSending = true
    this.#isBehind = false
    sendInDialog(this.#stack, this.dialog, {
      method: 'NOTIFY',
      headers: [
        { name: 'Event', value: this.#event },
        { name: 'Subscription-State', value: state },
        { name: 'Content-Type', value: messageSummaryType },
      ],
      body: writeMessageSummary(this.#summary, this.#account),
      done: (status) => {
        this.#isSending = false
        if (this.#isOver) return
        // §4.2.2: who does not answer, or knows of no subscription, has none any more.
        if (status >= 300) this.#close()
        else if (this.#isBehind) this.#notify()
      },
    })
  }
}
