import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import type { Logger } from 'pino'
import type { ApiParts } from './api/api-parts.js'
import { createApi } from './api/app.js'
import { AddressPolicy, type Listener } from './base/address-policy.js'
import { Calls } from './call/calls.js'
import type { Conferences } from './call/conferences.js'
import { MediaHub } from './call/media-hub.js'
import type { CallPorts } from './call/ports.js'
import { Queues } from './call/queues.js'
import { createMediaPlane } from './media/create.js'
import { createAudioFiles } from './media/files/decode.js'
import { RecordingCopies } from './media/files/recording-copies.js'
import type { MediaPlane } from './media/port.js'
import type { Messages } from './message/messages.js'
import { AccountDirectory } from './router/account-directory.js'
import { BindingKeeper } from './router/binding-keeper.js'
import { CallerIdValidations } from './router/caller-id-validations.js'
import { Closers } from './router/closers.js'
import { openConferences } from './router/conference-wiring.js'
import type { Config } from './router/config.js'
import type { CustomerTrunks } from './router/customer-trunks.js'
import { openCustomerTrunks } from './router/customer-trunks-keeper.js'
import { type DataDirectory, openDataDirectory } from './router/data-directory.js'
import { DeviceDirectory } from './router/device-directory.js'
import { DeviceMessages } from './router/device-messages.js'
import { GatewayUpkeep } from './router/gateway-upkeep.js'
import { HoldMusic } from './router/hold-music.js'
import { listenHttp, localUrl } from './router/http-listener.js'
import { interruptedBy } from './router/interrupted.js'
import { openMessages } from './router/message-wiring.js'
import { OutboxSender } from './router/outbox-sender.js'
import { advertisedHost, hostTowards, ownAddresses } from './router/own-addresses.js'
import { isOwnUri, ownDomains } from './router/own-domains.js'
import { createProgramRunner } from './router/program-runner.js'
import { PromptCache } from './router/prompts.js'
import { prune } from './router/prune.js'
import { createQueueStore } from './router/queue-store.js'
import { recover } from './router/recovery.js'
import { createRoutes } from './router/routes.js'
import type { SipDomains } from './router/sip-domains.js'
import { openSipDomains } from './router/sip-domains-wiring.js'
import { type SipShell, startSip } from './router/sip-shell.js'
import { SnapshotWriter } from './router/snapshot-writer.js'
import { chooseSpeech } from './router/speech-choice.js'
import { createCallStore } from './router/sql-call-store.js'
import { systemClock as clock, systemIds as ids } from './router/system.js'
import { Trunks } from './router/trunks-wiring.js'
import { version } from './router/version.js'
import { WebhookOptionsTable } from './router/webhook-options.js'
import { openWebhooks } from './router/webhook-wiring.js'
import type { Bound } from './sip/outside-events.js'
import type { SipUri } from './sip/uri.js'
import { SecretBox } from './store/secret-box.js'
import { SqliteStore } from './store/sqlite/sqlite-store.js'
import type { Store } from './store/store.js'
import { TelemetryEvents } from './telemetry/events.js'
import { addMediaMetrics } from './telemetry/media-metrics.js'
import { createMetrics, type Metrics } from './telemetry/metrics.js'
import type { ProgramState } from './verbs/program-state.js'

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
/** Recordings as MP3, or with their channels mixed. */
const copiesBytesMax = 512_000_000

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
  const sizes = () => sizesOf(calls, conferences, sound.hub, sip)
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

function portsOf({ http, https, sip }: Awaited<ReturnType<typeof openNetwork>>) {
  const { port: sipPort, tlsPort: sipsPort } = sip
  return { httpPort: http.port, sipPort, httpsPort: https?.port, sipsPort }
}

/** The store with the first account, put in order after a crash. */
async function openRecords(
  config: Config,
  log: Logger,
  directory: DataDirectory,
  closers: Closers,
) {
  const store = await SqliteStore.open(directory.databasePath)
  closers.add(() => store.close())
  const box = new SecretBox(directory.key)
  const accounts = new AccountDirectory(store, box)
  const { row, authToken, isNew } = await accounts.ensureFirst(config.account, ids, clock.nowMs())
  const callStore = createCallStore(store, () => clock.nowMs())
  const recordingPath = (sid: string) => join(directory.recordingsPath, `${sid}.wav`)
  const recovered = await recover({ store, callStore, clock, ids, recordingPath })
  if (recovered.calls + recovered.recordings + recovered.conferences > 0) {
    log.warn(recovered, 'put an interrupted run in order')
  }
  return {
    store,
    box,
    accounts,
    account: { sid: row.sid, authToken, isNew },
    callStore,
    recordingPath,
    webhookOptions: await WebhookOptionsTable.open(store),
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

/** The media plane and the voice. */
async function openSound(config: Config, log: Logger, directory: DataDirectory, closers: Closers) {
  let hub: MediaHub | undefined
  const planeConfig = {
    portMin: config.rtp.portMin,
    portMax: config.rtp.portMax,
    threads: config.mediaThreads ?? Math.max(1, availableParallelism() - 1),
    endpointsMax: config.callsMax * 2,
  }
  const plane: MediaPlane = await createMediaPlane(config.mediaCore, planeConfig, (event) =>
    hub?.handle(event),
  )
  closers.add(() => plane.close())
  hub = new MediaHub(plane)
  const speech = chooseSpeech(log)
  if (speech) closers.add(() => speech.close())
  const files = createAudioFiles()
  closers.add(() => files.close())
  const copies = new RecordingCopies(directory.copiesPath, copiesBytesMax)
  closers.add(() => copies.close())
  return { plane, hub, speech, files, copies }
}

/** The listeners for HTTP and SIP, and the policy that keeps requests away from them. */
async function openNetwork(
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

type Opened = Awaited<ReturnType<typeof openRecords>> &
  Awaited<ReturnType<typeof openSound>> &
  Awaited<ReturnType<typeof openNetwork>>

interface MadeCalls {
  readonly calls: Calls
  readonly conferences: Conferences
  readonly outbox: OutboxSender
  readonly messages: DeviceMessages
  /** What REST commands. */
  readonly commanded: {
    readonly calls: Calls
    readonly conferences: Conferences
    readonly queues: Queues
    readonly messages: Messages
    readonly callerIdValidations: CallerIdValidations
  }
}

/** The calls with the language that runs on them. */
function makeCalls(
  parts: Opened & {
    readonly config: Config
    readonly directory: DataDirectory
    readonly events: TelemetryEvents
    readonly metrics: Metrics
    readonly devices: DeviceDirectory
    readonly domains: SipDomains
    readonly trunks: Trunks
    readonly customerTrunks: CustomerTrunks
  },
  closers: Closers,
): MadeCalls {
  const { config, events, store, accounts, policy, trunks, devices, domains } = parts
  trunks.watchAddresses(parts.sip.resolver)
  closers.add(() => trunks.close())
  const { client, log, forget, requestOptions } = openWebhooks(
    { ...parts, clock, ids, userAgent: userAgent(), callOf: (sid) => calls.find(sid)?.record },
    closers,
  )
  const outbox = new OutboxSender({ ...parts, client, clock })
  const snapshots = new SnapshotWriter(store, clock, (error) => events.bug(error, undefined))
  const isOwnUri = ownUris(config, parts.sip)
  const { resolver } = parts.sip
  const routes = createRoutes({ trunks, resolver, policy, devices, domains, isOwnUri })
  const ports: CallPorts = {
    sip: parts.sip,
    store: parts.callStore,
    routes,
    domains,
    customerTrunks: parts.customerTrunks,
    config: callConfig(config, parts),
    clock,
    ids,
    events,
    interrupted: (callSid) => interruptedBy(snapshots.latest(callSid) as ProgramState | undefined),
    outboxFilled: (callSid) => outbox.filled(callSid),
  }
  const callerIdValidations = new CallerIdValidations({ store, clock, ids, calls: () => calls })
  const runner = {
    ...{ client, log, accounts, snapshots, events, requestOptions },
    prompts: new PromptCache(parts.plane, parts.speech, parts.files, parts.directory.cachePath),
    ...{ clock, ids, defaultCountry: config.defaultCountry },
    calls: () => calls,
    conferences: () => conferences,
    queues: new Queues({ store: createQueueStore(store), clock, ids }),
    music: new HoldMusic(parts.plane),
    messages: openMessages({ store, clock, outbox, events }, closers),
    builtIn: { callerIdValidation: callerIdValidations.answer.bind(callerIdValidations) },
  }
  const conferences: Conferences = openConferences({
    ...{ store, runner, outbox, hub: parts.hub, config: ports.config },
    findCall: (callSid) => calls.find(callSid),
  })
  const runProgram = createProgramRunner(runner)
  const calls: Calls = new Calls(ports, parts.hub, runProgram, (callSid) => {
    snapshots.drop(callSid)
    callerIdValidations.forget(callSid)
    forget(callSid)
  })
  const { realm } = config.sip
  const messages = new DeviceMessages({ sip: parts.sip, routes, isOwnUri, domains, realm, ids })
  const { queues, messages: texts } = runner
  const commanded = { calls, conferences, queues, messages: texts, callerIdValidations }
  return { calls, conferences, outbox, messages, commanded }
}

function callConfig(
  config: Config,
  parts: {
    readonly baseUrl: string
    readonly policy: AddressPolicy
    readonly account: { readonly sid: string }
    recordingPath(sid: string): string
  },
): CallPorts['config'] {
  const { lookupUrl } = config
  const own = { hosts: config.sip.hosts, publicHost: config.publicHost }
  return {
    mediaBindAddress: (remote) => hostTowards(own.hosts, remote),
    mediaAdvertisedAddress: (remote) => advertisedHost(own, remote),
    sipHost: advertisedHost(own, ''),
    rtpTimeoutMs: config.rtp.timeoutMs,
    callsMax: config.callsMax,
    accountLimits: config.accountLimits,
    baseUrl: parts.baseUrl,
    defaultCountry: config.defaultCountry,
    unmapped: lookupUrl
      ? { accountSid: parts.account.sid, voice: { url: lookupUrl, method: 'POST' } }
      : undefined,
    recordingPath: parts.recordingPath,
    mayReach: (address) => parts.policy.allows(address),
  }
}

function ownUris(config: Config, { port, tlsPort = port }: SipShell): (uri: SipUri) => boolean {
  const domains = ownDomains({ ...config.sip, publicHost: config.publicHost })
  return (uri) => [port, tlsPort].some((one) => isOwnUri(uri, domains, one))
}

function sizesOf(calls: Calls, conferences: Conferences, hub: MediaHub, sip: SipShell) {
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
  }
}

function userAgent(): string {
  return `Dialplane/${version}`
}
