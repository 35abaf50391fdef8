import { createHash } from 'node:crypto'
import { CidrSet } from '../base/address-policy.js'
import type { Clock } from '../base/clock.js'
import type { Ids } from '../base/ids.js'
import { runSipEngine } from '../net/run-sip-engine.js'
import type { SocketInput } from '../net/sip-flow.js'
import { createSipResolver, type SipResolver } from '../net/sip-resolver.js'
import {
  createSipTransport,
  type SipTransport,
  type SipTransportOptions,
} from '../net/sip-transport.js'
import { SipEngine, type SipEngineSizes } from '../sip/engine.js'
import type {
  Answer,
  Flow,
  Question,
  SipInput,
  SipOutput,
  Target,
  Transport,
} from '../sip/events.js'
import type { LegCommand, LegEvent } from '../sip/leg-events.js'
import type { MessageSummary } from '../sip/message-summary.js'
import type { Binding, Bound, OutsideCommand, OutsideEvent } from '../sip/outside-events.js'
import { advertisedHost, familiesOf } from './own-addresses.js'
import { ownDomains } from './own-domains.js'
import type { SipDomains } from './sip-domains.js'
import type { TlsFiles } from './tls-files.js'

export interface SipShellConfig {
  readonly hosts: readonly string[]
  readonly port: number
  readonly tls?: (TlsFiles & { readonly sipsPort: number }) | undefined
  readonly tlsAuthorities?: string | undefined
  readonly tlsWildcards?: boolean
  /** Where WebSocket clients come to. */
  readonly webSocketPorts?: { readonly ws: number; readonly wss: number | undefined }
  readonly realm: string
  readonly publicHost: string | undefined
  readonly userAgent: string
  readonly trusted: readonly string[]
  readonly users: ReadonlyMap<string, string>
  /** SIP Domains of accounts. Default: none. */
  readonly domains?: SipDomains
  readonly digestAlgorithms?: readonly ('SHA-256' | 'MD5')[]
  readonly callsMax: number
}

export interface SipShellListeners {
  leg(event: LegEvent): void
  bound?(event: Bound): void
  /** Messages, and what came of probes and registrations of ours. */
  outside?(event: Exclude<OutsideEvent, Bound>): void
  /** What waits in the mailbox of a user; default: nothing. */
  summaryOf?(addressOfRecord: string): Promise<MessageSummary>
  counted(counter: string): void
  readonly gateways?: {
    /** Whether calls that come from there come from a gateway of ours. */
    isGateway(address: string): boolean
    /** The password by which a gateway may call our numbers from elsewhere. */
    passwordOfGateway(username: string): string | undefined
  }
  fault(fault: unknown): void
}

/** The SIP engine on its sockets, with the answers to its questions. */
export interface SipShell {
  readonly port: number
  readonly tlsPort: number | undefined
  /** Takes the connection of a request for a WebSocket. */
  readonly upgrade: SipTransport['upgrade']
  readonly resolver: SipResolver
  send(command: LegCommand | OutsideCommand): void
  /** Bindings that were stored before a restart. */
  restore(bindings: readonly Binding[]): void
  readonly sizes: SipEngineSizes
  close(): Promise<void>
}

export async function startSip(
  config: SipShellConfig,
  clock: Clock,
  ids: Ids,
  listeners: SipShellListeners,
): Promise<SipShell> {
  const trust = trustOf(config, listeners.gateways)
  const domains = ownDomains(config)
  const resolver = createSipResolver({ families: familiesOf(config.hosts) })
  const engine = new SipEngine({
    ids,
    realm: config.realm,
    userAgent: config.userAgent,
    ...(config.digestAlgorithms ? { digestAlgorithms: config.digestAlgorithms } : {}),
    isTrusted: (flow, domain, method) => trust.ofRequest(flow, domain, method),
    isOwnDomain: (host) => domains.has(host) || config.domains?.takesRegistrations(host) === true,
    recordDomainOf: (host) => (domains.has(host) ? config.realm : host),
    advertised: (peer) => advertisedTo(peer, config, transport),
    // A call in progress holds several transactions for up to 32 s after its end.
    limits: {
      legsMax: config.callsMax * 2,
      transactionsMax: config.callsMax * 50 + 1_000,
      questionsMax: 1_000,
    },
  })
  const transport = await createSipTransport(
    transportOptions(config, trust.ofAddress, listeners),
    (input) => {
      noteFailure(resolver, input)
      run.handle(input)
    },
  )
  const run = runSipEngine<SipInput, SipOutput>(engine, transport, clock, {
    onOutput: (output) => {
      if (output.type === 'ask') void answerTo(output.id, output.question)
      else if (output.type === 'counted') listeners.counted(output.counter)
      else if (output.type === 'bound') listeners.bound?.(output)
      else if (isOutside(output)) listeners.outside?.(output)
      else if (output.type === 'silent') resolver.reportFailure(output.target)
      else if ('legId' in output) listeners.leg(output)
    },
    onFault: (fault) => listeners.fault(fault),
  })
  const answerTo = async (id: number, question: Question) => {
    const answer = await answerOf(question, config, listeners, resolver)
    run.handle({ type: 'answer', id, answer })
  }
  return {
    port: transport.port,
    tlsPort: transport.tlsPort,
    upgrade: (request, socket, head) => transport.upgrade(request, socket, head),
    resolver,
    send: (command) => run.handle(command),
    restore: (bindings) => run.handle({ type: 'restoreBindings', bindings }),
    get sizes() {
      return engine.sizes
    },
    async close() {
      run.stop()
      resolver.close()
      await transport.close()
    },
  }
}

const emptyMailbox: MessageSummary = { newMessages: 0, oldMessages: 0 }

const outsideTypes = new Set(['probed', 'registration', 'messageReceived', 'messageSent'])

/** What the engine does not know by itself. */
async function answerOf(
  question: Question,
  config: SipShellConfig,
  listeners: SipShellListeners,
  resolver: SipResolver,
): Promise<Answer> {
  switch (question.what) {
    case 'credential':
      return { what: 'credential', ha1: ha1Of(config, listeners.gateways, question) }
    case 'messageSummary': {
      const summary = (await listeners.summaryOf?.(question.addressOfRecord)) ?? emptyMailbox
      return { what: 'messageSummary', summary }
    }
    case 'resolve':
      return { what: 'resolve', targets: await targetsFor(question, resolver) }
  }
}

function isOutside(output: SipOutput): output is Exclude<OutsideEvent, Bound> {
  return outsideTypes.has(output.type)
}

function isOfDevice(method: string): boolean {
  return method === 'REGISTER' || method === 'SUBSCRIBE'
}

/** By address: whose requests need no digest, and who is not limited in rate. */
function trustOf({ trusted, domains }: SipShellConfig, gateways: SipShellListeners['gateways']) {
  const configured = new CidrSet(trusted)
  const ofAddress = (address: string) =>
    configured.has(address) || gateways?.isGateway(address) === true
  return {
    ofAddress,
    ofRequest(flow: Flow, domain: string, method: string): boolean {
      const { transport, remoteAddress } = flow
      // Its account says who may use a domain, whomever the operator trusts; devices always prove it.
      if (domains?.has(domain)) return !isOfDevice(method) && domains.trusts(domain, flow)
      // A browser on a trusted machine runs whatever page it was shown.
      if (transport === 'ws' || transport === 'wss') return false
      // A carrier calls our numbers; it does not say where our devices are.
      return method === 'REGISTER' ? configured.has(remoteAddress) : ofAddress(remoteAddress)
    },
  }
}

function transportOptions(
  { hosts, port, tls, tlsAuthorities, tlsWildcards }: SipShellConfig,
  isTrusted: (address: string) => boolean,
  listeners: SipShellListeners,
): SipTransportOptions {
  return {
    host: hosts,
    port,
    tls: {
      own: tls,
      authorities: tlsAuthorities,
      wildcards: tlsWildcards ?? false,
      port: tls?.sipsPort ?? 0,
    },
    isTrusted,
    onCount: (counter) => listeners.counted(counter),
  }
}

function targetsFor(
  { host, port, transport, secure }: Question & { what: 'resolve' },
  resolver: SipResolver,
): Promise<readonly Target[]> {
  return resolver.resolve(host, port, transport, secure)
}

function advertisedTo(peer: Flow | Target, config: SipShellConfig, transport: SipTransport) {
  const host =
    'remoteAddress' in peer
      ? advertisedHost(config, peer.remoteAddress, peer.localAddress)
      : advertisedHost(config, peer.address)
  return { host, port: portOf(config, transport, peer.transport) }
}

/** The port of ours that a peer on this transport can connect to. */
function portOf(
  { webSocketPorts }: SipShellConfig,
  { port, tlsPort }: SipTransport,
  transport: Transport,
): number {
  if (transport === 'tls') return tlsPort ?? port
  if (transport === 'ws') return webSocketPorts?.ws ?? port
  return transport === 'wss' ? (webSocketPorts?.wss ?? port) : port
}

/** Who could not be connected to is not the first choice of the next call. */
function noteFailure(resolver: SipResolver, input: SocketInput): void {
  if (input.type === 'sendFailed' && input.target) resolver.reportFailure(input.target)
}

/** RFC 7616 §3.4.2 */
function ha1Of(
  { users, domains }: SipShellConfig,
  gateways: SipShellListeners['gateways'],
  question: Question & { what: 'credential' },
): string | undefined {
  const { username, realm, algorithm, use, domain } = question
  if (domains?.has(domain)) return domains.ha1Of(domain, question)
  // A gateway calls; it is no device that could be called.
  const ofGateway = use === 'call' ? gateways?.passwordOfGateway(username) : undefined
  const password = users.get(username) ?? ofGateway
  if (password === undefined) return undefined
  const hash = createHash(algorithm === 'MD5' ? 'md5' : 'sha256')
  return hash.update(`${username}:${realm}:${password}`).digest('hex')
}
