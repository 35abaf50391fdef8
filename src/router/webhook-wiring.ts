import type { AddressPolicy } from '../base/address-policy.js'
import type { Clock } from '../base/clock.js'
import type { Ids } from '../base/ids.js'
import type { Store } from '../store/store.js'
import type { TelemetryEvents } from '../telemetry/events.js'
import type { Metrics } from '../telemetry/metrics.js'
import { addWebhookMetrics } from '../telemetry/webhook-metrics.js'
import { WebhookClient } from '../webhook/client.js'
import { CallEventLog } from './call-event-log.js'
import type { Closers } from './closers.js'
import { LoggedWebhooks } from './logged-webhooks.js'
import { serveOwnRecording } from './own-recordings.js'

interface WebhookParts {
  readonly store: Store
  readonly policy: AddressPolicy
  readonly baseUrl: string
  readonly userAgent: string
  readonly events: TelemetryEvents
  readonly metrics: Metrics
  readonly clock: Clock
  readonly ids: Ids
  recordingPath(sid: string): string
}

/** The client of applications, with the event log of calls. `forget`: a call is over. */
export function openWebhooks(parts: WebhookParts, closers: Closers) {
  const { store, policy, userAgent, events, metrics, clock, ids } = parts
  const client = new WebhookClient({ policy, userAgent, serveOwn: serveOwnRecording(parts) })
  closers.add(() => client.close())
  const log = new CallEventLog(store, clock, ids, (error) => events.bug(error, undefined))
  closers.add(() => log.close())
  addWebhookMetrics(metrics.registry, client)
  return {
    client: new LoggedWebhooks(client, log, clock),
    log,
    forget(callSid: string): void {
      client.forget(callSid)
      log.forget(callSid)
    },
  }
}
