import type { Logger } from 'pino'
import type { ApiParts } from './api/api-parts.js'
import { createApi } from './api/app.js'
import type { Calls } from './call/calls.js'
import type { Conferences } from './call/conferences.js'
import type { MediaHub } from './call/media-hub.js'
import { BindingKeeper } from './router/binding-keeper.js'
import { makeCalls } from './router/calls-wiring.js'
import { Closers } from './router/closers.js'
import type { Config } from './router/config.js'
import { openCustomerTrunks } from './router/customer-trunks-keeper.js'
import { type DataDirectory, openDataDirectory } from './router/data-directory.js'
import { DeviceDirectory } from './router/device-directory.js'
import { GatewayUpkeep } from './router/gateway-upkeep.js'
import { openNetwork, portsOf } from './router/network-wiring.js'
import type { OutboxSender } from './router/outbox-sender.js'
import { prune } from './router/prune.js'
import { openRecords } from './router/records-wiring.js'
import type { SipDomains } from './router/sip-domains.js'
import { openSipDomains } from './router/sip-domains-wiring.js'
import type { SipShell } from './router/sip-shell.js'
import { openSound } from './router/sound-wiring.js'
import { systemClock as clock, systemIds as ids } from './router/system.js'
import { Trunks } from './router/trunks-wiring.js'
import type { Bound } from './sip/outside-events.js'
import type { Store } from './store/store.js'
import { TelemetryEvents } from './telemetry/events.js'
import { addMediaMetrics } from './telemetry/media-metrics.js'
import { createMetrics, type Metrics } from './telemetry/metrics.js'

export interface Router {
  readonly httpPort: number
  readonly sipPort: number
  /** Set with a certificate. */
  readonly httpsPort: number | undefined
  readonly sipsPort: number | undefined
  readonly baseUrl: string
  readonly account: { readonly sid: string; readonly authToken: string; readonly isNew: boolean }
  readonly credentialsPath: string
  readonly store: Store
  readonly mediaCore: string
  readonly storeEngine: string
  readonly speech: string | undefined
  /** Numbers of things that must come back to zero; for tests and /readyz. */
  sizes(): Readonly<{ [name: string]: number }>
  /** Refuses new calls, lets live ones end within the configured time, then stops everything. */
  close(progress: (message: string) => void): Promise<void>
}

/** Audio answers that are kept on disk, for calls that are resumed. */
const cacheBytesMax = 512_000_000

/** Composes and starts the whole router. What was opened is closed again when a part fails. */
export async function startRouter(config: Config, log: Logger): Promise<Router> {
  const closers = new Closers()
  try {
    const directory = openDataDirectory(config.dataDir)
    closers.add(() => directory.release())
    prune(directory.cachePath, cacheBytesMax)
    return await compose(config, log, directory, closers)
  } catch (error) {
    await closers.closeAll()
    throw error
  }
}

async function compose(
  config: Config,
  log: Logger,
  directory: DataDirectory,
  closers: Closers,
): Promise<Router> {
  const metrics = createMetrics()
  const events = new TelemetryEvents(log, metrics)
  const records = await openRecords(config, log, directory, closers)
  const sound = await openSound(config, log, directory, closers)
  addMediaMetrics(metrics.registry, () => sound.plane.stats())
  const registry = await openRegistry(config.sip.realm, records.store, events, closers)
  const sender: SipSender = { send: (command) => network.sip.send(command) }
  const sipDomains = await openSipDomains({ ...records, config, clock, sip: sender })
  const opening = { ...records, config, domains: sipDomains.domains }
  const { trunks, upkeep, customers } = await openTrunks(opening, events, sender)
  const network = await openNetwork(config, sipDomains.domains, closers, {
    leg: (event) => calls.handle(upkeep.named(event)),
    bound: (event) => registry.bound(event),
    outside: (event) => {
      upkeep.handle(event)
      messages.handle(event)
    },
    summaryOf: (addressOfRecord) => sipDomains.mailboxes.summaryOf(addressOfRecord),
    counted: (counter) => events.sip(counter),
    gateways: upkeep.trustOf(trunks),
    fault: (fault) => events.bug(fault, undefined),
  })
  registry.restore(network.sip)
  sipDomains.watchDevices(registry.directory)
  closers.add(() => upkeep.close())
  const opened = { ...records, ...sound, ...network, customerTrunks: customers.trunks }
  const found = { devices: registry.directory, domains: sipDomains.domains, trunks }
  const parts = { config, directory, events, metrics, ...found, ...opened }
  const { calls, conferences, outbox, messages, commanded } = makeCalls(parts, closers)
  const { http, https, sip, baseUrl } = network
  let ready = true
  const sizes = () => sizesOf(calls, conferences, sound.hub, sip, records.store)
  const api = createApi({
    ...records,
    recordingCopies: sound.copies,
    ...commanded,
    gateways: presentedGateways(trunks, upkeep),
    sipDomains,
    customerTrunks: customers,
    baseUrl,
    isReady: () => ready && records.store.isOpen,
    sizes,
    ...apiSettings(config, metrics, events),
  })
  for (const listener of https ? [http, https] : [http]) listener.serve(api, sip.upgrade)
  await outbox.start()
  commanded.messages.start()
  trunks.onChange((gateways) => upkeep.set(gateways))
  return {
    ...portsOf(network),
    ...{ baseUrl, account: records.account, store: records.store },
    credentialsPath: directory.credentialsPath,
    mediaCore: sound.plane.core,
    storeEngine: records.store.engineName,
    speech: sound.speech?.name,
    sizes,
    async close(progress) {
      ready = false
      await endAll({ upkeep, calls, outbox }, config.shutdownMs, progress)
      await closers.closeAll()
      progress('Stopped')
    },
  }
}

/** Lets the last calls end, and tells what became of them. */
async function endAll(
  { upkeep, calls, outbox }: { upkeep: GatewayUpkeep; calls: Calls; outbox: OutboxSender },
  shutdownMs: number,
  progress: (message: string) => void,
): Promise<void> {
  // Carriers shall send no new calls while the last ones end.
  const left = upkeep.close()
  progress(`Waiting up to ${shutdownMs / 1000} s for ${calls.size} calls to end`)
  await calls.drain(shutdownMs)
  await left
  progress('Sending what is left of status callbacks')
  await outbox.close(5_000)
}

function apiSettings(config: Config, { registry }: Metrics, events: TelemetryEvents) {
  return {
    clock,
    ids,
    defaultCountry: config.defaultCountry,
    metrics: { contentType: registry.contentType, render: () => registry.metrics() },
    metricsAreOpen: ['127.0.0.1', '::1', 'localhost'].includes(config.http.host),
    bug: (error: unknown) => events.bug(error, undefined),
  }
}

type SipSender = Pick<SipShell, 'send'>

/** The gateways, what is done for them between calls, and the trunks of customers. */
async function openTrunks(
  records: Awaited<ReturnType<typeof openRecords>> & {
    readonly config: Config
    readonly domains: SipDomains
  },
  events: TelemetryEvents,
  sip: SipSender,
) {
  const parts = { clock, ids, events, ...records }
  const customers = await openCustomerTrunks(parts)
  const trunks = await Trunks.open({
    ...parts,
    serviceRoutesOf: (sid) => upkeep.stateOf(sid)?.serviceRoutes ?? [],
  })
  const upkeep: GatewayUpkeep = new GatewayUpkeep({
    ...{ sip, clock, ids, events, health: trunks.table },
    installationId: records.account.sid,
    probeIntervalMs: records.config.trunkProbeMs,
  })
  return { trunks, upkeep, customers }
}

function presentedGateways(trunks: Trunks, upkeep: GatewayUpkeep): ApiParts['gateways'] {
  return {
    seal: (password) => trunks.seal(password),
    reload: () => trunks.reload(),
    stateOf(gatewaySid) {
      const state = trunks.stateOf(gatewaySid)
      return state && { ...state, registration: upkeep.stateOf(gatewaySid) }
    },
  }
}

/** The devices that can be called, as they were before a restart. */
async function openRegistry(
  realm: string,
  store: Store,
  events: TelemetryEvents,
  closers: Closers,
) {
  const directory = new DeviceDirectory(realm)
  const keeper = new BindingKeeper(store, clock, (error) => events.bug(error, undefined))
  const stored = await keeper.load()
  closers.add(() => keeper.close())
  let isRestoring = false
  return {
    directory,
    bound(event: Bound): void {
      directory.bound(event)
      if (!isRestoring) keeper.save(event)
    },
    restore(sip: SipShell): void {
      isRestoring = true
      sip.restore(stored)
      isRestoring = false
    },
  }
}

function sizesOf(
  calls: Calls,
  conferences: Conferences,
  hub: MediaHub,
  sip: SipShell,
  store: { readonly waiting: number },
) {
  const { legs, transactions, deadlines, questions, bindings, messages } = sip.sizes
  return {
    calls: calls.size,
    legs: calls.legCount,
    endpoints: hub.endpointCount,
    conferences: conferences.size,
    mixers: hub.mixerCount,
    sipLegs: legs,
    sipTransactions: transactions,
    sipDeadlines: deadlines,
    sipQuestions: questions,
    sipBindings: bindings,
    sipMessages: messages,
    storeRequests: store.waiting,
  }
}
