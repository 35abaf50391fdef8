/** Statuses that a message can have as long as there is no carrier; the contract has more (2F.2). */
export type MessageStatus = 'scheduled' | 'queued' | 'failed' | 'canceled'

export interface MessageRecord {
  /** SM…, with media MM…. */
  readonly sid: string
  readonly accountSid: string
  readonly direction: 'outbound-api' | 'outbound-call' | 'outbound-reply'
  /** Undefined: a messaging service would choose. */
  readonly from: string | undefined
  readonly to: string
  readonly messagingServiceSid: string | undefined
  readonly body: string
  readonly mediaUrls: readonly string[]
  readonly segments: number
  readonly statusCallback: string | undefined
  /** discard: text and media are forgotten once nothing more is done with the message. */
  readonly contentRetention: 'retain' | 'discard'
  /** obfuscate: the last digits of `to` are kept as long as it waits, and are never shown. */
  readonly addressRetention: 'retain' | 'obfuscate'
  /** When it is to be sent; undefined: at once. */
  readonly sendMs: number | undefined
  readonly createdMs: number
  readonly status: MessageStatus
  /** Why it failed (contract 2F.3). */
  readonly errorCode: number | undefined
  readonly errorMessage: string | undefined
  readonly updatedMs: number
}

export function isFinal(status: MessageStatus): boolean {
  return status === 'failed' || status === 'canceled'
}

/** Who gets it, as it may be told: `+1555010XXXX` where it is to be obfuscated. */
export function shownTo({
  to,
  addressRetention,
}: Pick<MessageRecord, 'to' | 'addressRetention'>): string {
  if (addressRetention === 'retain') return to
  return to.replace(/.{1,4}$/, (digits) => 'X'.repeat(digits.length))
}

/** What is kept of a message by its status and its retention. */
export function retained(message: MessageRecord): MessageRecord {
  if (!isFinal(message.status)) return message
  const isDiscarded = message.contentRetention === 'discard'
  return {
    ...message,
    to: shownTo(message),
    ...(isDiscarded ? { body: '', mediaUrls: [] } : {}),
  }
}

/** A status callback to be sent: stored with the change that caused it, and sent in order. */
export interface MessageCallback {
  readonly id: string
  readonly messageSid: string
  readonly accountSid: string
  readonly url: string
  readonly parameters: readonly (readonly [name: string, value: string])[]
}

/** What the application is told of the status that a message has now (contract 2C.2). */
export function statusCallbackOf(message: MessageRecord): MessageCallback[] {
  const { sid, accountSid, status, statusCallback: url, errorCode, errorMessage } = message
  if (url === undefined) return []
  return [
    {
      // The same for the same change, however often it is tried.
      id: `${sid}-${status}`,
      messageSid: sid,
      accountSid,
      url,
      parameters: [
        ['MessageSid', sid],
        ['SmsSid', sid],
        ['MessageStatus', status],
        ['SmsStatus', status],
        ['To', shownTo(message)],
        ['From', message.from ?? ''],
        ['AccountSid', accountSid],
        ['ApiVersion', '2010-04-01'],
        ...(errorCode === undefined ? [] : [['ErrorCode', String(errorCode)] as const]),
        ...(errorMessage === undefined ? [] : [['ErrorMessage', errorMessage] as const]),
      ],
    },
  ]
}
