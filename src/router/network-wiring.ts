import { AddressPolicy, type Listener } from '../base/address-policy.js'
import type { Closers } from './closers.js'
import type { Config } from './config.js'
import { listenHttp, localUrl } from './http-listener.js'
import { ownAddresses } from './own-addresses.js'
import type { SipDomains } from './sip-domains.js'
import { startSip } from './sip-shell.js'
import { systemClock as clock, systemIds as ids } from './system.js'
import { userAgent } from './version.js'

/** The listeners for HTTP and SIP, and the policy that keeps requests away from them. */
export async function openNetwork(
  config: Config,
  domains: SipDomains,
  closers: Closers,
  listeners: Parameters<typeof startSip>[3],
) {
  const http = await listenHttp(config.http.host, config.http.port)
  closers.add(() => http.close())
  const { tls } = config
  const https = tls && (await listenHttp(config.http.host, tls.httpsPort, tls))
  if (https) closers.add(() => https.close())
  const sipConfig = {
    ...config.sip,
    tls,
    tlsAuthorities: config.tlsAuthorities,
    tlsWildcards: config.tlsWildcards,
    webSocketPorts: { ws: http.port, wss: https?.port },
    publicHost: config.publicHost,
    userAgent: userAgent(),
    trusted: config.trustedSip,
    users: config.sipUsers,
    domains,
    digestAlgorithms: config.sipDigest,
    callsMax: config.callsMax,
  }
  const sip = await startSip(sipConfig, clock, ids, listeners)
  closers.add(() => sip.close())
  const policy = new AddressPolicy(config.allowDestinations, [
    ...listenersOf([config.http.host], [http.port, https?.port]),
    ...listenersOf(config.sip.hosts, [sip.port, sip.tlsPort]),
  ])
  const baseUrl = config.baseUrl ?? localUrl(config.http.host, http.port)
  return { http, https, sip, policy, baseUrl }
}

function listenersOf(hosts: readonly string[], ports: readonly (number | undefined)[]): Listener[] {
  const addresses = hosts.flatMap(ownAddresses)
  return ports.flatMap((port) =>
    port === undefined ? [] : addresses.map((address) => ({ address, port })),
  )
}

/** As the operator is told them. */
export function portsOf({ http, https, sip }: Awaited<ReturnType<typeof openNetwork>>) {
  const { port: sipPort, tlsPort: sipsPort } = sip
  return { httpPort: http.port, sipPort, httpsPort: https?.port, sipsPort }
}
