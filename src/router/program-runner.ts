import type { Clock } from '../base/clock.js'
import type { Ids } from '../base/ids.js'
import { RouterError } from '../base/router-error.js'
import type { Call } from '../call/call.js'
import { statusOfRefusal } from '../call/call-record.js'
import type { Conferences } from '../call/conferences.js'
import type { ChildMaker } from '../call/dial.js'
import type { ProgramStart } from '../call/ports.js'
import type { ProgramRole, RunProgram } from '../call/program.js'
import type { Queues } from '../call/queues.js'
import { beginRecording } from '../call/recording-command.js'
import type { ReferOutcome } from '../call/sip-leg.js'
import { refer } from '../call/transfer.js'
import { MediaRefusedError } from '../media/port.js'
import type { Messages } from '../message/messages.js'
import type { TelemetryEvents } from '../telemetry/events.js'
import type { Leg, Prompts, ReferResult } from '../verbs/leg.js'
import {
  type DocumentRequest,
  type ProgramDocument,
  type ProgramState,
  startAt,
  startWith,
} from '../verbs/program-state.js'
import {
  callVerbs,
  type ProgramPorts,
  type ProgramRules,
  runProgram,
  screeningVerbs,
} from '../verbs/run.js'
import type { WebhookResponse } from '../webhook/client.js'
import { withoutWithheld } from '../webhook/request-options.js'
import type { Parameters } from '../webhook/signature.js'
import type { Spool } from '../webhook/spool.js'
import { voiceParameters } from '../webhook/voice-parameters.js'
import { WebhookError } from '../webhook/webhook-error.js'
import type { AccountDirectory } from './account-directory.js'
import { dialApplication } from './application-leg.js'
import { type BuiltInApplications, builtInPorts, builtInUrl } from './built-in-applications.js'
import type { CallEventLog } from './call-event-log.js'
import { joinFor } from './conference-leg.js'
import { dialFor } from './dial-leg.js'
import { documentText } from './document-text.js'
import type { HoldMusic } from './hold-music.js'
import type { LoggedWebhooks } from './logged-webhooks.js'
import { sendMessageFor } from './message-leg.js'
import { playOn } from './play-sound.js'
import { whileLive } from './prompt-lease.js'
import type { FetchSound, PromptCache } from './prompts.js'
import { dialQueueFor, enqueueFor } from './queue-leg.js'
import { recordFor } from './record-leg.js'
import { resolveUrl } from './resolve-url.js'
import type { SnapshotWriter } from './snapshot-writer.js'
import { voiceCallOf } from './voice-call.js'
import type { OptionsFinder } from './webhook-options.js'

export interface RunnerParts {
  readonly client: Pick<LoggedWebhooks, 'fetch'>
  readonly log: Pick<CallEventLog, 'fault'>
  readonly accounts: AccountDirectory
  readonly prompts: PromptCache
  readonly snapshots: SnapshotWriter
  readonly events: TelemetryEvents
  readonly clock: Clock
  readonly ids: Ids
  readonly defaultCountry: string
  calls(): ChildMaker
  conferences(): Conferences
  readonly queues: Queues
  readonly music: HoldMusic
  readonly messages: Pick<Messages, 'send'>
  readonly builtIn: BuiltInApplications
  readonly requestOptions: OptionsFinder
}

const apology = {
  runs: [{ text: 'We are sorry, an application error has occurred. Goodbye.' }],
  pauseMs: 0,
}

/** Joins a call with the language: its program's requests, prompts, snapshots and effects. */
export function createProgramRunner(parts: RunnerParts): RunProgram {
  const run: RunProgram = async (call, start, signal, role = 'call') => {
    const ports = portsOfStart(call, start, parts)
    const state = stateOf(start, parts.ids)
    const end = await runProgram(legOf(call, parts, run), state, rulesOf(call, role), ports, signal)
    if (end === 'failed' && role === 'call' && !signal.aborted) await apologize(call, parts, signal)
    return end
  }
  return run
}

function rulesOf({ record: { fallback } }: Call, role: ProgramRole): ProgramRules {
  // Who cannot be asked whether to accept does not: a failing document refuses.
  if (role === 'screening') return { allowedVerbs: screeningVerbs, atEnd: 'bridge' }
  const rules = { allowedVerbs: callVerbs, atEnd: 'hangUp' as const }
  return fallback ? { ...rules, fallback } : rules
}

function stateOf(start: ProgramStart, ids: Ids): ProgramState {
  if (start.type === 'document') return startWith({ contentType: 'text/xml', body: start.twiml })
  const token = ids.hex(16)
  if (start.type === 'builtIn') {
    return startAt({ url: builtInUrl(start.application), method: 'POST', parameters: [], token })
  }
  const { url, method, parameters = [] } = start
  return startAt({ url, method, parameters, token })
}

function portsOfStart(call: Call, start: ProgramStart, parts: RunnerParts): ProgramPorts {
  const ports = portsOf(call, parts)
  if (start.type !== 'builtIn') return ports
  return builtInPorts(ports, call.record, start.application, parts.builtIn)
}

/** What a program on this call, or for one who hears it, needs. */
export function portsOf(call: Call, parts: RunnerParts): ProgramPorts {
  const { log, snapshots, events, clock, ids } = parts
  return {
    clock,
    ids,
    prompts: promptsOf(call, parts),
    fetchDocument: (request, signal) => fetchDocument(call, request, parts, signal),
    isSuperseded: () => call.isSuperseded,
    checkpoint: (state) => snapshots.checkpoint(call.sid, state),
    save: (state) => snapshots.save(call.sid, state),
    warned: ({ errorCode, message, line }) => {
      events.documentWarned(call.sid, message, line)
      log.fault(call.record, { errorCode, message: `line ${line}: ${message}` })
    },
    failed: (error, url) => {
      events.documentFailed(call.sid, url, error.errorCode, error.message)
      // What a request came to is there already.
      if (!(error instanceof WebhookError)) log.fault(call.record, error)
    },
  }
}

function promptsOf(call: Call, parts: RunnerParts): Prompts {
  const { prompts, clock, ids } = parts
  return {
    speech: (sentence, voice, signal) => whileLive(prompts.speech(sentence, voice), signal),
    sound: (url, base, signal) => {
      if (url.startsWith('blob:')) return whileLive(prompts.kept(url, signal), signal)
      const resolved = resolveUrl(url, base, standardParameters(call, parts))
      const fetch: FetchSound = (soundUrl, validator, until, spool) =>
        send(
          call,
          parts,
          {
            url: soundUrl,
            method: 'GET',
            parameters: [],
            token: ids.hex(16),
            validator,
            wants: 'sound',
            spool,
          },
          until,
        )
      return whileLive(
        prompts.sound(call.record.accountSid, resolved, fetch, clock.nowMs(), signal),
        signal,
      )
    },
  }
}

async function fetchDocument(
  call: Call,
  request: DocumentRequest,
  parts: RunnerParts,
  signal: AbortSignal,
): Promise<ProgramDocument> {
  const parameters = [...standardParameters(call, parts), ...request.parameters]
  const url = resolveUrl(request.url, request.base, parameters)
  const names = request.parameters.map(([name]) => name)
  const answer = await send(call, parts, { names, ...request, url, parameters }, signal)
  const { contentType } = answer
  const body = contentType.startsWith('audio/')
    ? await parts.prompts.keep(answer.body, contentType)
    : documentText(answer)
  return { url: answer.url, contentType, body }
}

async function send(
  call: Call,
  parts: RunnerParts,
  request: {
    readonly url: string
    readonly method: 'GET' | 'POST'
    readonly parameters: Parameters
    readonly token: string
    /** Of the parameters beyond the standard ones, for the log. */
    readonly names?: string[]
    readonly validator?: string | undefined
    readonly wants?: 'document' | 'sound'
    readonly spool?: Spool | undefined
  },
  signal: AbortSignal,
): Promise<WebhookResponse> {
  const { client, accounts, events, clock } = parts
  const { accountSid } = call.record
  const { url, method, parameters, token, validator, names = [], wants = 'document' } = request
  const { spool } = request
  const startMs = clock.monotonicMs()
  const authToken = await accounts.authToken(accountSid)
  const webhook = {
    url,
    method,
    parameters,
    accountSid,
    callSid: call.sid,
    authToken,
    wants,
    idempotencyToken: token,
    validator,
    spool,
    // A sound is asked for without parameters, and is no news for mirrors.
    options: wants === 'sound' ? undefined : parts.requestOptions.ofCall(call.record),
  }
  try {
    const answer = await client.fetch(webhook, signal)
    events.webhook(call.sid, method, url, names, clock.monotonicMs() - startMs)
    return answer
  } catch (error) {
    if (error instanceof RouterError) {
      events.webhookFailed(call.sid, url, error.errorCode, error.message)
    }
    throw error
  }
}

function standardParameters({ record }: Call, { requestOptions }: RunnerParts): Parameters {
  return withoutWithheld(voiceParameters(voiceCallOf(record)), requestOptions.ofCall(record))
}

function legOf(call: Call, parts: RunnerParts, runProgram: RunProgram): Leg {
  const resolve = (url: string, base: string | undefined) =>
    resolveUrl(url, base, standardParameters(call, parts))
  const leg: Leg = {
    callSid: call.sid,
    get isAnswered() {
      return call.isAnswered
    },
    answer: (signal) => call.answer(signal),
    ring: () => call.ring(),
    reject: (reason) => call.reject(reason),
    hangUp: () => call.hangUp(),
    play: (prompt, options, signal) => playOn(call, prompt, options, signal),
    beep: (signal) =>
      call.audio.tone({ frequenciesHz: [1_000], onMs: 300, offMs: 0, loops: 1 }, signal),
    sendDigits: (digits, signal) => call.audio.sendDigits(digits, signal),
    collect: () => call.audio.collect(),
    record: (options, signal) => recordFor(call, options, resolve, signal),
    dial: (options, signal) => {
      const calls = parts.calls()
      const find = call.ports.store.findApplication
      const isApplication = options.parties.some(({ noun }) => noun === 'Application')
      return isApplication
        ? dialApplication(
            call,
            options,
            { calls, leg, resolve, find, portsOf: (child) => portsOf(child, parts) },
            signal,
          )
        : dialFor(call, options, resolve, { calls, runProgram }, signal)
    },
    joinConference: (options, signal) => {
      const failed = ({ errorCode, message }: RouterError) =>
        parts.events.documentFailed(call.sid, options.base, errorCode, message)
      const world = { conferences: parts.conferences(), failed }
      return joinFor(call, options, resolve, world, signal)
    },
    enqueue: (options, signal) => {
      const { queues, music } = parts
      const world = { queues, ports: portsOf(call, parts), leg, music: () => music.promptId() }
      return enqueueFor(call, options, world, signal)
    },
    dialQueue: (options, signal) =>
      dialQueueFor(call, options, resolve, { queues: parts.queues, runProgram }, signal),
    sendMessage: (options) => {
      const { messages, defaultCountry } = parts
      return sendMessageFor(call, options, { messages, defaultCountry, resolve })
    },
    echo: (signal) => call.audio.echo(signal),
    startRecording: async ({ recordingSid, base, ...settings }) => {
      if (await call.ports.store.findRecording(recordingSid)) return
      const { statusCallback } = settings
      const absolute = statusCallback && {
        ...statusCallback,
        url: resolve(statusCallback.url, base),
      }
      const wanted = { ...settings, statusCallback: absolute }
      await beginRecording(call, recordingSid, wanted, 'StartCallRecordingAPI')
    },
    refer: async ({ target }, signal) => referResult(await refer(call, target, signal)),
  }
  return leg
}

/** What the phone has told of the new call, else what it said to the request. */
function referResult({ status, reported }: ReferOutcome): ReferResult {
  const last = reported ?? status
  const callStatus = reported !== undefined && last < 300 ? 'completed' : statusOfRefusal(last)
  return {
    callStatus: callStatus as ReferResult['callStatus'],
    referStatus: status,
    notifyStatus: reported,
  }
}

/** What a caller hears when an application fails for good. */
async function apologize(call: Call, parts: RunnerParts, signal: AbortSignal): Promise<void> {
  let isOverloaded = false
  try {
    const voice = { voice: undefined, language: undefined }
    const prompt = await whileLive(parts.prompts.speech(apology, voice), signal)
    try {
      await call.answer(signal)
      await call.audio.play(prompt.promptId, { offsetMs: 0, loops: 1 }, signal)
    } finally {
      prompt.release()
    }
  } catch (error) {
    if (!(error instanceof RouterError) && !signal.aborted) throw error
    isOverloaded = error instanceof MediaRefusedError
  }
  // Who finds no room here may find it elsewhere (RFC 3261 §21.5.4).
  if (!signal.aborted) call.giveUp(isOverloaded ? 503 : undefined)
}
