import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'

/** Every metric of the router, with low cardinality: no numbers, URLs or sids as labels. */
export function createMetrics() {
  const registry = new Registry()
  // Measuring the delay of the event loop wakes it: ten times a second is often enough.
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: 100 })
  const counter = (name: string, help: string, labelNames: string[] = []) =>
    new Counter({ name: `dialplane_${name}`, help, labelNames, registers: [registry] })
  return {
    registry,
    callsStarted: counter('calls_started_total', 'Calls that began', ['direction']),
    callsEnded: counter('calls_ended_total', 'Calls that ended', ['direction', 'status']),
    callsRefused: counter('calls_refused_total', 'INVITEs refused by the router', ['status']),
    callsBlocked: counter('calls_blocked_total', 'Calls that an account may not make', ['why']),
    gatewayRegistrations: counter(
      'gateway_registrations_total',
      'Attempts to register with gateways',
      ['state'],
    ),
    gatewayProbes: counter('gateway_probes_total', 'OPTIONS sent to gateways', ['alive']),
    gatewayAttempts: counter('gateway_attempts_total', 'INVITEs to gateways', ['outcome']),
    callsLive: new Gauge({
      name: 'dialplane_calls_live',
      help: 'Calls that are not over',
      registers: [registry],
    }),
    sip: counter('sip_events_total', 'What the SIP engine refused or noticed', ['event']),
    webhooks: counter('webhooks_total', 'Requests to applications', ['outcome']),
    mirrorRequests: counter('mirror_requests_total', 'Copies of requests for mirrors', ['outcome']),
    webhookSeconds: new Histogram({
      name: 'dialplane_webhook_seconds',
      help: 'Time that applications took to answer',
      buckets: [0.01, 0.03, 0.1, 0.3, 1, 3, 10, 15],
      registers: [registry],
    }),
    callbacksDropped: counter('callbacks_dropped_total', 'Status callbacks given up'),
    documentErrors: counter('document_errors_total', 'Errors of applications', ['code']),
    recordings: counter('recordings_total', 'Recordings that ended', ['status']),
    conferences: counter('conferences_total', 'Conferences that started'),
    bugs: counter('bugs_total', 'Errors that are our own fault'),
  }
}

export type Metrics = ReturnType<typeof createMetrics>
