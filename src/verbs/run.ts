import type { Clock } from '../base/clock.js'
import type { Ids } from '../base/ids.js'
import { RouterError } from '../base/router-error.js'
import { withoutUserInfo } from '../base/user-info.js'
import type { DocumentWarning } from '../twiml/document-error.js'
import type { Instruction, VerbName } from '../twiml/instruction.js'
import { parseDocument } from '../twiml/parse.js'
import { dial } from './dial.js'
import { echo } from './echo.js'
import { enqueue, leave } from './enqueue.js'
import { hangup, redirect, reject } from './flow.js'
import { gather } from './gather.js'
import type { Leg, Prompts, StopReason } from './leg.js'
import { message } from './message.js'
import { DocumentPace } from './pace.js'
import { pause } from './pause.js'
import { play } from './play.js'
import { LegOfProgram } from './program-leg.js'
import type { DocumentRequest, ProgramDocument, ProgramState } from './program-state.js'
import { record } from './record.js'
import { refer } from './refer.js'
import { say } from './say.js'
import { start as startBeside } from './start.js'
import { goOn, type Next, type Verb } from './verb.js'

export interface ProgramRules {
  readonly allowedVerbs: readonly VerbName[]
  /** What the end of a document means. */
  readonly atEnd: 'hangUp' | 'silence' | 'repeat' | 'bridge'
  /** Requested once after an error, with ErrorCode and ErrorUrl. */
  readonly fallback?: { readonly url: string; readonly method: 'GET' | 'POST' }
}

export interface ProgramPorts {
  readonly clock: Clock
  readonly ids: Ids
  readonly prompts: Prompts
  /** Adds the standard parameters, expands, signs and sends. Throws RouterError. */
  fetchDocument(request: DocumentRequest, signal: AbortSignal): Promise<ProgramDocument>
  /** Resolves when the state is durable. */
  checkpoint(state: ProgramState): Promise<void>
  /** Stores the state some time soon. */
  save(state: ProgramState): void
  /** Whether the call goes on with another program; it does so when an instruction is over. */
  isSuperseded?(): boolean
  warned(warning: DocumentWarning, document: ProgramDocument): void
  failed(error: RouterError, url: string | undefined): void
}

/** How a program ended; a stop by signal shows as the signal's reason instead. */
export type ProgramEnd = 'hangUp' | 'silence' | 'bridge' | 'leave' | 'failed' | 'stopped'

export const callVerbs: readonly VerbName[] = [
  'Say',
  'Play',
  'Pause',
  'Gather',
  'Record',
  'Redirect',
  'Hangup',
  'Reject',
  'Dial',
  'Echo',
  'Enqueue',
  'Refer',
  'Sms',
  'Start',
]

/** Of who is called, before it is connected (contract 2B.4 Number url). */
export const screeningVerbs: readonly VerbName[] = [
  'Say',
  'Play',
  'Pause',
  'Gather',
  'Redirect',
  'Hangup',
]

/** Of who waits in a queue (contract 2B.3 Enqueue). */
export const queueWaitVerbs: readonly VerbName[] = [
  'Play',
  'Say',
  'Pause',
  'Gather',
  'Redirect',
  'Leave',
  'Hangup',
]

const documentsMax = 10_000

/** A document that is repeated is not requested more often. */
const repeatEveryMs = 1_000

const verbs: { readonly [name in VerbName]: Verb<never> } = {
  Say: say,
  Play: play,
  Pause: pause,
  Gather: gather,
  Record: record,
  Redirect: redirect,
  Hangup: hangup,
  Reject: reject,
  Dial: dial,
  Echo: echo,
  Enqueue: enqueue,
  Leave: leave,
  Refer: refer,
  Sms: message,
  Message: message,
  Start: startBeside,
}

/**
 * The heart: requests a document, carries out its instructions one after another, and goes where they
 * lead, until the call ends. Every error of requesting, parsing and executing meets here: one request
 * to the fallback URL, then the end. `start` may be a state that an earlier process stored.
 */
export async function runProgram(
  target: Leg,
  start: ProgramState,
  rules: ProgramRules,
  ports: ProgramPorts,
  signal: AbortSignal,
): Promise<ProgramEnd> {
  let state = start
  let begunMs = ports.clock.monotonicMs()
  const pace = new DocumentPace(ports.clock)
  for (;;) {
    try {
      if (state.request) await pace.next(signal)
      const next = await runDocument(target, state, rules, ports, signal, (now) => {
        state = now
      })
      if (next === 'repeat') {
        const waitMs = Math.max(0, begunMs + repeatEveryMs - ports.clock.monotonicMs())
        await ports.clock.sleep(waitMs, signal)
        begunMs = ports.clock.monotonicMs()
        state = repeated(start, state, ports)
      } else if (typeof next === 'string') return next
      else state = next
    } catch (error) {
      if (signal.aborted) return 'stopped'
      if (!(error instanceof RouterError)) throw error
      const failedUrl = urlOf(error) ?? state.request?.url ?? state.document?.url
      ports.failed(error, failedUrl)
      const fallback = fallbackRequest(state, rules, error, failedUrl, ports)
      if (!fallback) return 'failed'
      state = fallback
      await ports.checkpoint(state)
    }
  }
}

/** Runs one document to its end; returns the state to go on with, or how the program ended. */
async function runDocument(
  target: Leg,
  start: ProgramState,
  rules: ProgramRules,
  ports: ProgramPorts,
  signal: AbortSignal,
  onState: (state: ProgramState) => void,
): Promise<ProgramState | ProgramEnd | 'repeat'> {
  const isAction = start.request !== undefined && start.documents > 0
  // What has happened is told, also when the caller hangs up meanwhile.
  let state = isAction
    ? await outlivingHangUp(signal, (until) => withDocument(start, ports, until))
    : await withDocument(start, ports, signal)
  onState(state)
  if (signal.aborted) return 'stopped'
  const document = state.document as ProgramDocument
  const instructions = parsed(document, rules, ports, state.index === 0)
  while (state.index < instructions.length) {
    if (ports.isSuperseded?.()) return 'stopped'
    const instruction = instructions[state.index] as Instruction
    const next = await runVerb(target, instruction, state, ports, signal)
    if (next.type === 'leave') return 'leave'
    if (next.type === 'hangUp') {
      target.hangUp()
      return 'hangUp'
    }
    if (next.type === 'fetch') {
      state = afterFetch(state, instruction, next, ports)
      onState(state)
      if (signal.aborted) return lastRequest(state, next, ports, signal)
      if (ports.isSuperseded?.()) return 'stopped'
      await ports.checkpoint(state)
      return state
    }
    state = { ...state, index: state.index + 1, verb: {} }
    onState(state)
    if (signal.aborted) return 'stopped'
    // Written behind: what must not happen twice, verbs check point themselves.
    ports.save(state)
  }
  return atEnd(target, rules)
}

/** Runs `task` with a signal that aborts as `signal` does, but for a hang-up (DESIGN §4). */
async function outlivingHangUp<Value>(
  signal: AbortSignal,
  task: (signal: AbortSignal) => Promise<Value>,
): Promise<Value> {
  const own = new AbortController()
  const follow = () => {
    const { type } = signal.reason as StopReason
    if (type !== 'hungUp') own.abort(signal.reason)
  }
  if (signal.aborted) follow()
  signal.addEventListener('abort', follow, { once: true })
  try {
    return await task(own.signal)
  } finally {
    signal.removeEventListener('abort', follow)
  }
}

/** Sends the request that the state asks for, unless it holds its document already. */
async function withDocument(
  state: ProgramState,
  ports: ProgramPorts,
  signal: AbortSignal,
): Promise<ProgramState> {
  if (!state.request) return state
  if (state.documents >= documentsMax) {
    throw new RouterError('ERR_TOO_MANY_DOCUMENTS', 11215, `More than ${documentsMax} documents`)
  }
  const document = await ports.fetchDocument(state.request, signal)
  const documents = state.documents + 1
  const next = { ...state, request: undefined, document, index: 0, verb: {}, documents }
  ports.save(next)
  return next
}

function parsed(
  document: ProgramDocument,
  rules: ProgramRules,
  ports: ProgramPorts,
  isNew: boolean,
): readonly Instruction[] {
  const program = parseDocument(document)
  if (!program.ok) {
    const { errorCode, message, line } = program.problem
    const where = line === undefined ? '' : ` (line ${line})`
    throw new RouterError('ERR_DOCUMENT', errorCode, `${message}${where}`)
  }
  if (isNew) for (const warning of program.value.warnings) ports.warned(warning, document)
  const forbidden = program.value.instructions.find(
    ({ verb }) => !rules.allowedVerbs.includes(verb),
  )
  if (forbidden) {
    throw new RouterError('ERR_VERB', 12200, `<${forbidden.verb}> is not allowed in this document`)
  }
  return program.value.instructions
}

async function runVerb(
  target: Leg,
  instruction: Instruction,
  state: ProgramState,
  ports: ProgramPorts,
  signal: AbortSignal,
): Promise<Next> {
  const leg = new LegOfProgram(target, state, ports)
  const verb = verbs[instruction.verb] as Verb<Instruction>
  return (await verb(instruction, state.verb, leg, signal)) ?? goOn
}

function afterFetch(
  state: ProgramState,
  instruction: Instruction,
  next: Next & { type: 'fetch' },
  ports: ProgramPorts,
): ProgramState {
  const base = state.document?.url
  const url = next.url || base
  if (url === undefined) {
    throw new RouterError('ERR_NO_URL', 11100, 'No URL to go on with: the document has none itself')
  }
  const request = {
    url,
    base,
    method: next.method,
    parameters: renamed(next.parameters, instruction),
    token: ports.ids.hex(16),
  }
  return { ...state, request, verb: {} }
}

/** Under the names that the document wants (`paramNames`). */
function renamed(parameters: DocumentRequest['parameters'], instruction: Instruction) {
  const names = 'parameterNames' in instruction ? instruction.parameterNames : undefined
  if (!names) return parameters
  return parameters.map(([name, value]) => [names.get(name) ?? name, value] as const)
}

/** After a hang-up the action is still requested, under the client's own time limit (DESIGN §4). */
async function lastRequest(
  { request }: ProgramState,
  { isToldAfterRedirect = false }: Next & { readonly type: 'fetch' },
  ports: ProgramPorts,
  signal: AbortSignal,
): Promise<ProgramEnd> {
  const { type } = signal.reason as StopReason
  if (!request) return 'stopped'
  const told = async () => {
    try {
      await ports.fetchDocument(request, new AbortController().signal)
    } catch (error) {
      if (!(error instanceof RouterError)) throw error
      ports.failed(error, request.url)
    }
  }
  // The program that the call was redirected to does not wait for it.
  if (type === 'redirect' && isToldAfterRedirect) void told()
  if (type === 'hungUp') await told()
  return 'stopped'
}

function atEnd(target: Leg, rules: ProgramRules): ProgramEnd | 'repeat' {
  if (rules.atEnd === 'hangUp') target.hangUp()
  return rules.atEnd
}

/** The program from its beginning; what it requested then is requested anew. */
function repeated(start: ProgramState, { documents }: ProgramState, ports: ProgramPorts) {
  const request = start.request && { ...start.request, token: ports.ids.hex(16) }
  return { ...start, request, documents }
}

function fallbackRequest(
  state: ProgramState,
  rules: ProgramRules,
  error: RouterError,
  failedUrl: string | undefined,
  ports: ProgramPorts,
): ProgramState | undefined {
  if (!rules.fallback || state.fellBack) return undefined
  const request: DocumentRequest = {
    ...rules.fallback,
    parameters: [
      ['ErrorCode', String(error.errorCode)],
      ['ErrorUrl', withoutUserInfo(failedUrl ?? '')],
    ],
    token: ports.ids.hex(16),
  }
  return { ...state, request, index: 0, verb: {}, fellBack: true }
}

function urlOf(error: RouterError): string | undefined {
  return 'url' in error && typeof error.url === 'string' ? error.url : undefined
}
