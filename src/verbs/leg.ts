import type { Clock } from '../base/clock.js'
import type { Ids } from '../base/ids.js'
import type {
  ConferenceNoun,
  DialParty,
  DialRecording,
  QueueNoun,
} from '../twiml/dial-instruction.js'
import type { Sentence, StartedRecording } from '../twiml/instruction.js'
import type { JsonObject } from './program-state.js'

/** Why a program was stopped: the `reason` of its AbortSignal. */
export type StopReason =
  | { readonly type: 'hungUp' }
  | { readonly type: 'redirect' }
  | { readonly type: 'end' }
  | { readonly type: 'timeLimit' }
  | { readonly type: 'shutdown' }

/** Audio that is ready to be played; `release` when done with it. */
export interface PreparedPrompt {
  readonly promptId: number
  /** Infinity: not known yet. */
  readonly durationMs: number
  /** Of a long sound, which is no prompt but is read while it is played. */
  readonly stream?: SoundStream
  release(): void
}

export interface SoundStream {
  readonly sampleRateHz: 8_000 | 16_000
  /** Reads from `offsetMs` on, `loops` times in all; an empty piece is the end. */
  reader(options: {
    readonly offsetMs: number
    readonly loops: number
  }): (signal: AbortSignal) => Promise<Int16Array>
}

/** Turns words and URLs into audio. Throws RouterError with the contract's code. */
export interface Prompts {
  speech(
    sentence: Sentence,
    voice: { readonly voice: string | undefined; readonly language: string | undefined },
    signal: AbortSignal,
  ): Promise<PreparedPrompt>
  sound(url: string, base: string | undefined, signal: AbortSignal): Promise<PreparedPrompt>
}

/** Digits that a caller keys from the moment of `collect` on; earlier ones are not kept. */
export interface DigitCollector {
  /** Resolves when a key goes down, also for one that was pressed already. */
  started(signal: AbortSignal): Promise<void>
  /** The next digit, or undefined after `timeoutMs` without one. */
  next(timeoutMs: number, signal: AbortSignal): Promise<string | undefined>
  close(): void
}

export interface RecordOptions {
  /** Naming one that exists already attaches to it. */
  readonly recordingSid: string
  readonly durationMsMax: number
  readonly silenceTimeoutMs: number
  readonly trimSilence: boolean
  readonly statusCallback:
    | { readonly url: string; readonly method: 'GET' | 'POST'; readonly events: readonly string[] }
    | undefined
  /** Who is told what was said; undefined: nobody. */
  readonly transcription:
    | { readonly transcriptionSid: string; readonly callbackUrl: string }
    | undefined
  /** URLs resolve against it. */
  readonly base: string | undefined
  /** Ends the recording as if asked to; the outcome is still returned. */
  readonly finish: AbortSignal
}

export interface RecordOutcome {
  readonly durationMs: number
  readonly url: string
}

export interface DialOptions {
  /** At least one, each with the sid of its call; naming calls that exist already attaches to them. */
  readonly parties: readonly (DialParty & { readonly childSid: string })[]
  /** One after another instead of all at once. */
  readonly isSequential: boolean
  readonly callerId: string | undefined
  readonly timeoutMs: number
  readonly timeLimitMs: number
  readonly hangupOnStar: boolean
  /** Keep the parent ringing until somebody answers. */
  readonly answerOnBridge: boolean
  /** Country code; undefined: as in North America. */
  readonly ringTone: string | undefined
  readonly recording: (DialRecording & { readonly recordingSid: string }) | undefined
  /** Asked what to do when one side wants to transfer the other; undefined: no transfers. */
  readonly transfer: { readonly url: string; readonly method: 'GET' | 'POST' } | undefined
  /** URLs in `parties`, `recording` and `transfer` resolve against it. */
  readonly base: string | undefined
}

export interface DialOutcome {
  readonly status: 'completed' | 'busy' | 'no-answer' | 'failed' | 'canceled'
  readonly durationMs: number
  readonly bridged: boolean
  /** Who was connected, else who says best why nobody was. */
  readonly childSid: string
  /** What a party has answered: SIP status, Call-ID when it was a 200, and header fields. */
  readonly dialled?:
    | {
        readonly status: number
        readonly callId?: string
        readonly headers: readonly (readonly [name: string, value: string])[]
      }
    | undefined
  /** The party that who was dialled wants for the caller, and has left for it. */
  readonly referredTo?: string | undefined
  readonly recording?: RecordOutcome | undefined
}

export interface ConferenceOptions {
  readonly conference: ConferenceNoun
  readonly timeLimitMs: number
  readonly hangupOnStar: boolean
  /** Of this call alone, while it is in. */
  readonly recording: (DialRecording & { readonly recordingSid: string }) | undefined
  /** URLs in `conference` and `recording` resolve against it. */
  readonly base: string | undefined
}

export interface ConferenceResult {
  /** `answered`: left by a star; `failed`: could not come in. */
  readonly status: 'completed' | 'answered' | 'failed'
  readonly recording?: RecordOutcome | undefined
}

export interface EnqueueOptions {
  readonly name: string
  /** Undefined: as many as the queue takes. */
  readonly sizeMax: number | undefined
  /** What it hears meanwhile; undefined: music; '': nothing. */
  readonly waitUrl: string | undefined
  readonly waitMethod: 'GET' | 'POST'
  /** When it came, if it has waited already. */
  readonly enqueuedMs: number
  /** `waitUrl` resolves against it. */
  readonly base: string | undefined
}

export interface EnqueueOutcome {
  /** QueueResult of the contract (2C.2). */
  readonly result: string
  readonly queueSid: string
  readonly waitMs: number
}

export interface QueueDialOptions {
  readonly queue: QueueNoun
  /** How long to wait for somebody to come. */
  readonly timeoutMs: number
  readonly timeLimitMs: number
  readonly hangupOnStar: boolean
  readonly ringTone: string | undefined
  readonly recording: (DialRecording & { readonly recordingSid: string }) | undefined
  readonly transfer: { readonly url: string; readonly method: 'GET' | 'POST' } | undefined
  /** URLs in `queue`, `recording` and `transfer` resolve against it. */
  readonly base: string | undefined
}

export interface QueueDialOutcome {
  readonly status: 'completed' | 'no-answer' | 'canceled'
  readonly durationMs: number
  readonly bridged: boolean
  /** Who was taken from the queue; undefined: nobody came. */
  readonly member?:
    | { readonly callSid: string; readonly queueSid: string; readonly waitMs: number }
    | undefined
  readonly referredTo?: string | undefined
  readonly recording?: RecordOutcome | undefined
}

export interface StartRecordingOptions extends StartedRecording {
  /** Naming one that exists already does nothing. */
  readonly recordingSid: string
  /** The callback's URL resolves against it. */
  readonly base: string | undefined
}

export interface MessageOptions {
  /** Naming one that exists already attaches to it. */
  readonly messageSid: string
  /** Undefined: the other side of the call. */
  readonly to: string | undefined
  /** Undefined: our own number. */
  readonly from: string | undefined
  readonly body: string
  readonly mediaUrls: readonly string[]
  readonly statusCallback: string | undefined
  /** URLs resolve against it. */
  readonly base: string | undefined
}

export interface MessageOutcome {
  /** MessageStatus of the contract (2C.2). */
  readonly status: string
}

export interface ReferOptions {
  /** Naming one that was sent already attaches to it. */
  readonly referId: string
  /** SIP URI. */
  readonly target: string
}

export interface ReferResult {
  readonly callStatus: 'completed' | 'busy' | 'no-answer' | 'failed'
  /** SIP status of the request itself. */
  readonly referStatus: number | undefined
  /** SIP status of the new call, as the caller's phone tells it. */
  readonly notifyStatus: number | undefined
}

/** All that verbs can do to a call. Each method settles with the signal's reason when that aborts. */
export interface Leg {
  readonly callSid: string
  readonly isAnswered: boolean
  /** Does nothing when answered already. */
  answer(signal: AbortSignal): Promise<void>
  /** Tells the caller that it rings, when not answered yet. */
  ring(): void
  reject(reason: 'rejected' | 'busy'): void
  hangUp(): void
  /** Plays `loops` times (0: for ever) from `offsetMs` on. */
  play(
    prompt: PreparedPrompt,
    options: { readonly offsetMs: number; readonly loops: number },
    signal: AbortSignal,
  ): Promise<void>
  beep(signal: AbortSignal): Promise<void>
  sendDigits(digits: string, signal: AbortSignal): Promise<void>
  collect(): DigitCollector
  record(options: RecordOptions, signal: AbortSignal): Promise<RecordOutcome>
  dial(options: DialOptions, signal: AbortSignal): Promise<DialOutcome>
  /** Resolves when the call is no longer in the conference, however that came. */
  joinConference(options: ConferenceOptions, signal: AbortSignal): Promise<ConferenceResult>
  /** Resolves when the message is stored and it is known how far it got. */
  sendMessage(options: MessageOptions, signal: AbortSignal): Promise<MessageOutcome>
  /** Sends back what the caller says, until `signal` aborts. */
  echo(signal: AbortSignal): Promise<never>
  /** Resolves when the call is no longer in the queue, nor talks to who has taken it from there. */
  enqueue(options: EnqueueOptions, signal: AbortSignal): Promise<EnqueueOutcome>
  /** Talks to the first who waits in a queue. */
  dialQueue(options: QueueDialOptions, signal: AbortSignal): Promise<QueueDialOutcome>
  /** Resolves when the recording has begun; it goes on until the call ends. */
  startRecording(options: StartRecordingOptions, signal: AbortSignal): Promise<void>
  /** Asks the other side to call this URI instead; resolves when it has told how that went. */
  refer(options: ReferOptions, signal: AbortSignal): Promise<ReferResult>
}

/** A leg while one instruction runs on it. */
export interface ProgramLeg extends Leg {
  readonly prompts: Prompts
  readonly clock: Clock
  readonly ids: Ids
  /** URL of the current document; undefined when it came without one. */
  readonly documentUrl: string | undefined
  /** Stores the verb's state durably; awaited before every effect outside the process. */
  checkpoint(state: JsonObject): Promise<void>
  /** Stores the verb's state some time soon. */
  save(state: JsonObject): void
}
