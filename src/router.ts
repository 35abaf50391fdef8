import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import type { Logger } from 'pino'
import { createApi } from './api/app.js'
import { AddressPolicy } from './base/address-policy.js'
import { Calls } from './call/calls.js'
import { MediaHub } from './call/media-hub.js'
import type { CallPorts } from './call/ports.js'
import { createMediaPlane } from './media/create.js'
import { AccountDirectory } from './router/account-directory.js'
import type { Config } from './router/config.js'
import { type DataDirectory, openDataDirectory } from './router/data-directory.js'
import { OutboxSender } from './router/outbox-sender.js'
import { serveOwnRecording } from './router/own-recordings.js'
import { createProgramRunner } from './router/program-runner.js'
import { PromptCache } from './router/prompts.js'
import { recover } from './router/recovery.js'
import { createRoutes } from './router/routes.js'
import { advertisedHost, type SipShell, startSip } from './router/sip-shell.js'
import { SnapshotWriter } from './router/snapshot-writer.js'
import { chooseSpeech } from './router/speech-choice.js'
import { createCallStore } from './router/sql-call-store.js'
import { systemClock, systemIds } from './router/system.js'
import { version } from './router/version.js'
import { SecretBox } from './store/secret-box.js'
import { SqliteStore } from './store/sqlite/sqlite-store.js'
import type { Store } from './store/store.js'
import { TelemetryEvents } from './telemetry/events.js'
import { createMetrics } from './telemetry/metrics.js'
import { WebhookClient } from './webhook/client.js'

export interface Router {
  readonly httpPort: number
  readonly sipPort: number
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

/** Composes and starts the whole router. */
export async function startRouter(config: Config, log: Logger): Promise<Router> {
  const directory = openDataDirectory(config.dataDir)
  const closers: (() => Promise<void> | void)[] = [() => directory.release()]
  try {
    return await compose(config, log, directory, closers)
  } catch (error) {
    for (const close of closers.reverse()) await close()
    throw error
  }
}

async function compose(
  config: Config,
  log: Logger,
  directory: DataDirectory,
  closers: (() => Promise<void> | void)[],
): Promise<Router> {
  const clock = systemClock
  const ids = systemIds
  const userAgent = `Dialplane/${version}`
  const metrics = createMetrics()
  const events = new TelemetryEvents(log, metrics)

  const store = await SqliteStore.open(directory.databasePath)
  closers.push(() => store.close())
  const box = new SecretBox(directory.key)
  const accounts = new AccountDirectory(store, box)
  const account = await accounts.ensureFirst(config.account, ids, clock.nowMs())
  const callStore = createCallStore(store, () => clock.nowMs())
  const recordingPath = (sid: string) => join(directory.recordingsPath, `${sid}.wav`)
  const recovered = await recover({ store, callStore, clock, ids, recordingPath })
  if (recovered.calls + recovered.recordings > 0)
    log.warn(recovered, 'put an interrupted run in order')

  const hubBox: { hub?: MediaHub } = {}
  const plane = await createMediaPlane(config.mediaCore, planeConfig(config), (event) =>
    hubBox.hub?.handle(event),
  )
  closers.push(() => plane.close())
  const hub = new MediaHub(plane)
  hubBox.hub = hub
  const speech = chooseSpeech(log)
  if (speech) closers.push(() => speech.close())

  const server = createServer()
  const httpPort = await listen(server, config.http.host, config.http.port)
  closers.push(() => closeServer(server))
  const baseUrl = config.baseUrl ?? `http://${urlHost(config.http.host)}:${httpPort}`

  const sip = await startSip({ ...config.sip, ...sipConfig(config, userAgent) }, clock, ids, {
    leg: (event) => calls.handle(event),
    counted: (counter) => events.sip(counter),
    fault: (fault) => events.bug(fault, undefined),
  })
  closers.push(() => sip.close())
  const policy = new AddressPolicy(config.allowDestinations, [
    { address: config.http.host, port: httpPort },
    { address: config.sip.host, port: sip.port },
  ])

  const client = new WebhookClient({
    policy,
    userAgent,
    serveOwn: serveOwnRecording({ store, baseUrl, recordingPath }),
  })
  closers.push(() => client.close())
  const outbox = new OutboxSender({ store, client, accounts, events, clock })
  const prompts = new PromptCache(plane, speech, directory.cachePath)
  const snapshots = new SnapshotWriter(store, clock, (error) => events.bug(error, undefined))
  const ports: CallPorts = {
    sip,
    store: callStore,
    routes: createRoutes(config.trunks, sip.resolver, policy),
    config: {
      mediaBindAddress: () => config.sip.host,
      mediaAdvertisedAddress: (remote) =>
        advertisedHost({ host: config.sip.host, publicHost: config.publicHost }, remote),
      sipHost:
        config.publicHost ?? advertisedHost({ host: config.sip.host, publicHost: undefined }, ''),
      rtpTimeoutMs: config.rtp.timeoutMs,
      callsMax: config.callsMax,
      baseUrl,
      defaultCountry: config.defaultCountry,
      recordingPath,
      mayReach: (address) => policy.allows(address),
    },
    clock,
    ids,
    events,
    outboxFilled: (callSid) => outbox.filled(callSid),
  }
  const runProgram = createProgramRunner({
    client,
    accounts,
    prompts,
    snapshots,
    events,
    clock,
    ids,
    defaultCountry: config.defaultCountry,
    calls: () => calls,
  })
  const calls = new Calls(ports, hub, runProgram, (callSid) => {
    snapshots.drop(callSid)
    client.forget(callSid)
  })

  let ready = true
  const sizes = () => sizesOf(calls, hub, sip)
  server.on(
    'request',
    createApi({
      store,
      accounts,
      seal: (secret) => box.seal(secret),
      calls,
      recordingPath,
      clock,
      ids,
      baseUrl,
      defaultCountry: config.defaultCountry,
      metrics: {
        contentType: metrics.registry.contentType,
        render: () => metrics.registry.metrics(),
      },
      metricsAreOpen: ['127.0.0.1', '::1', 'localhost'].includes(config.http.host),
      isReady: () => ready,
      sizes,
      bug: (error) => events.bug(error, undefined),
    }),
  )
  await outbox.start()

  return {
    httpPort,
    sipPort: sip.port,
    baseUrl,
    account: { sid: account.row.sid, authToken: account.authToken, isNew: account.isNew },
    credentialsPath: directory.credentialsPath,
    store,
    mediaCore: plane.core,
    storeEngine: store.engineName,
    speech: speech?.name,
    sizes,
    async close(progress) {
      ready = false
      progress(`Waiting up to ${config.shutdownMs / 1000} s for ${calls.size} calls to end`)
      await calls.drain(config.shutdownMs)
      progress('Sending what is left of status callbacks')
      await outbox.close(5_000)
      for (const close of closers.reverse()) await close()
      progress('Stopped')
    },
  }
}

function planeConfig(config: Config) {
  return {
    portMin: config.rtp.portMin,
    portMax: config.rtp.portMax,
    threads: config.mediaThreads ?? Math.max(1, availableParallelism() - 1),
    endpointsMax: config.callsMax * 2,
  }
}

function sipConfig(config: Config, userAgent: string) {
  return {
    publicHost: config.publicHost,
    userAgent,
    trusted: config.trustedSip,
    users: config.sipUsers,
    callsMax: config.callsMax,
  }
}

function sizesOf(calls: Calls, hub: MediaHub, sip: SipShell) {
  const { legs, transactions, deadlines, questions } = sip.sizes
  return {
    calls: calls.size,
    legs: calls.legCount,
    endpoints: hub.endpointCount,
    sipLegs: legs,
    sipTransactions: transactions,
    sipDeadlines: deadlines,
    sipQuestions: questions,
  }
}

function listen(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ host, port }, () => {
      server.off('error', reject)
      resolve((server.address() as AddressInfo).port)
    })
  })
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
}

function urlHost(host: string): string {
  if (host === '0.0.0.0' || host === '::') return '127.0.0.1'
  return host.includes(':') ? `[${host}]` : host
}
