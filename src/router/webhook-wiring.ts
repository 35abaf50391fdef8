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
import { Mirrors } from './mirrors.js'
import { OptionedWebhooks } from './optioned-webhooks.js'
import { serveOwnRecording } from './own-recordings.js'
import { type OptionedCall, optionsFinder, type WebhookOptionsTable } from './webhook-options.js'

interface WebhookParts {
  readonly store: Store
  readonly policy: AddressPolicy
  readonly baseUrl: string
  readonly userAgent: string
  readonly events: TelemetryEvents
  readonly metrics: Metrics
  readonly clock: Clock
  readonly ids: Ids
  readonly webhookOptions: WebhookOptionsTable
  recordingPath(sid: string): string
  /** A call that is going on. */
  callOf(sid: string): OptionedCall | undefined
}

/** The client of applications, with the event log of calls. `forget`: a call is over. */
export function openWebhooks(parts: WebhookParts, closers: Closers) {
  const { store, policy, userAgent, events, metrics, clock, ids } = parts
  const client = new WebhookClient({ policy, userAgent, serveOwn: serveOwnRecording(parts) })
  closers.add(() => client.close())
  const log = new CallEventLog(store, clock, ids, (error) => events.bug(error, undefined))
  closers.add(() => log.close())
  addWebhookMetrics(metrics.registry, client)
  const mirrors = new Mirrors(client, (outcome) => metrics.mirrorRequests.inc({ outcome }))
  closers.add(() => mirrors.close())
  return {
    client: new LoggedWebhooks(new OptionedWebhooks(client, mirrors), log, clock),
    log,
    requestOptions: optionsFinder(parts.webhookOptions, (sid) => parts.callOf(sid)),
    forget(callSid: string): void {
      client.forget(callSid)
      log.forget(callSid)
    },
  }
}
