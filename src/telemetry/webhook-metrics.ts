import { Gauge, type Registry } from 'prom-client'

/** Asks the webhook client whenever the registry is read. */
export function addWebhookMetrics(
  registry: Registry,
  client: { readonly openCircuits: number },
): void {
  new Gauge({
    name: 'dialplane_webhook_circuits_open',
    help: 'Hosts of accounts that get no requests for now, because they did not answer',
    registers: [registry],
    collect() {
      this.set(client.openCircuits)
    },
  })
}
