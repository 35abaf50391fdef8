import type { AddressPolicy } from '../base/address-policy.js'
import { Calls } from '../call/calls.js'
import type { Conferences } from '../call/conferences.js'
import type { CallPorts } from '../call/ports.js'
import { Queues } from '../call/queues.js'
import type { Messages } from '../message/messages.js'
import type { SipUri } from '../sip/uri.js'
import type { TelemetryEvents } from '../telemetry/events.js'
import type { Metrics } from '../telemetry/metrics.js'
import type { ProgramState } from '../verbs/program-state.js'
import { CallerIdValidations } from './caller-id-validations.js'
import type { Closers } from './closers.js'
import { openConferences } from './conference-wiring.js'
import type { Config } from './config.js'
import type { CustomerTrunks } from './customer-trunks.js'
import type { DataDirectory } from './data-directory.js'
import type { DeviceDirectory } from './device-directory.js'
import { DeviceMessages } from './device-messages.js'
import { HoldMusic } from './hold-music.js'
import { interruptedBy } from './interrupted.js'
import { openMessages } from './message-wiring.js'
import type { openNetwork } from './network-wiring.js'
import { OutboxSender } from './outbox-sender.js'
import { advertisedHost, hostTowards } from './own-addresses.js'
import { isOwnUri, ownDomains } from './own-domains.js'
import { createProgramRunner } from './program-runner.js'
import { PromptCache } from './prompts.js'
import { createQueueStore } from './queue-store.js'
import type { openRecords } from './records-wiring.js'
import { createRoutes } from './routes.js'
import type { SipDomains } from './sip-domains.js'
import type { SipShell } from './sip-shell.js'
import { SnapshotWriter } from './snapshot-writer.js'
import type { openSound } from './sound-wiring.js'
import { systemClock as clock, systemIds as ids } from './system.js'
import type { Trunks } from './trunks-wiring.js'
import { userAgent } from './version.js'
import { openWebhooks } from './webhook-wiring.js'

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
export function makeCalls(
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
