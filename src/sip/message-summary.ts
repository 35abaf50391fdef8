/** How many messages wait in a mailbox. */
export interface MessageSummary {
  readonly newMessages: number
  readonly oldMessages: number
}

export const messageSummaryType = 'application/simple-message-summary'

/** The body of RFC 3842 §3.5. `account`: URI of the mailbox. */
export function writeMessageSummary(
  { newMessages, oldMessages }: MessageSummary,
  account: string,
): Uint8Array {
  const lines = [
    `Messages-Waiting: ${newMessages > 0 ? 'yes' : 'no'}`,
    `Message-Account: ${account}`,
    `Voice-Message: ${newMessages}/${oldMessages}`,
    '',
  ]
  return Buffer.from(lines.join('\r\n'), 'utf8')
}
