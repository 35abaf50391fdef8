import type { Clock } from '../base/clock.js'
import { Messages } from '../message/messages.js'
import { findNumberByPhone } from '../store/accounts.js'
import type { Store } from '../store/store.js'
import type { TelemetryEvents } from '../telemetry/events.js'
import type { Closers } from './closers.js'
import { createMessageStore } from './message-store.js'
import type { OutboxSender } from './outbox-sender.js'

/** Text messages of documents and of REST. */
export function openMessages(
  {
    store,
    clock,
    outbox,
    events,
  }: {
    readonly store: Store
    readonly clock: Clock
    readonly outbox: OutboxSender
    readonly events: TelemetryEvents
  },
  closers: Closers,
): Messages {
  const messages = new Messages({
    store: createMessageStore(store, () => clock.nowMs()),
    clock,
    async mayUse(accountSid, from) {
      const [row] = await store.read(findNumberByPhone(from))
      return row?.account_sid === accountSid
    },
    outboxFilled: (messageSid) => outbox.filled(messageSid),
    bug: (error) => events.bug(error, undefined),
  })
  closers.add(() => messages.close())
  return messages
}
