import type { Call } from '../call/call.js'
import { normalNumber } from '../call/caller.js'
import type { Messages } from '../message/messages.js'
import type { MessageOptions, MessageOutcome } from '../verbs/leg.js'

interface MessageWorld {
  readonly messages: Pick<Messages, 'send'>
  readonly defaultCountry: string
  resolve(url: string, base: string | undefined): string
}

/** Sends a text of a call: to the other side and from our own number, unless the document says otherwise. */
export async function sendMessageFor(
  { record }: Call,
  options: MessageOptions,
  { messages, defaultCountry, resolve }: MessageWorld,
): Promise<MessageOutcome> {
  const { messageSid, body, mediaUrls, statusCallback, base } = options
  const isOurs = record.direction !== 'inbound'
  const [ours, theirs] = isOurs ? [record.from, record.to] : [record.to, record.from]
  const normal = (address: string) => normalNumber(address, defaultCountry) ?? address
  const { status } = await messages.send({
    sid: messageSid,
    accountSid: record.accountSid,
    direction: 'outbound-call',
    to: normal(options.to ?? theirs),
    from: normal(options.from ?? ours),
    messagingServiceSid: undefined,
    body,
    mediaUrls: mediaUrls.map((url) => resolve(url, base)),
    statusCallback: statusCallback === undefined ? undefined : resolve(statusCallback, base),
    sendMs: undefined,
    contentRetention: 'retain',
    addressRetention: 'retain',
  })
  return { status }
}
