/** What a document tells the router to do. URLs are as written: perhaps relative, perhaps templates. */
import type { Dial, EventCallback } from './dial-instruction.js'

export type Method = 'GET' | 'POST'

/** How words are to sound; factors of what is usual. */
export interface SpokenStyle {
  /** 0.2 to 4. */
  readonly rate?: number
  /** 0.5 to 2. */
  readonly pitch?: number
  /** Of the amplitude, 0 to 2. */
  readonly volume?: number
  readonly emphasis?: 'strong' | 'moderate' | 'reduced'
}

/** Words that sound alike. */
export interface SpokenRun {
  readonly text: string
  /** How the text is pronounced. */
  readonly phonemes?: { readonly alphabet: 'ipa' | 'x-sampa'; readonly symbols: string }
  readonly style?: SpokenStyle
}

/** What is spoken in one breath, and the silence after it; without runs, silence alone. */
export interface Sentence {
  readonly runs: readonly SpokenRun[]
  /** Default: that of the Say. */
  readonly language?: string
  readonly pauseMs: number
}

/** New names of parameters of the request that follows, by the usual ones. */
export type ParameterNames = ReadonlyMap<string, string>

export interface Say {
  readonly verb: 'Say'
  /** The words alone. */
  readonly text: string
  readonly sentences: readonly Sentence[]
  readonly voice: string | undefined
  readonly language: string | undefined
  /** 0: until the call ends, bounded by `loopsMax`. */
  readonly loop: number
}

export interface Play {
  readonly verb: 'Play'
  /** Undefined when only digits are played. */
  readonly url: string | undefined
  readonly digits: string | undefined
  readonly loop: number
}

export interface Pause {
  readonly verb: 'Pause'
  readonly lengthMs: number
}

export type Prompt = Say | Play | Pause

export interface Gather {
  readonly verb: 'Gather'
  readonly input: readonly ('dtmf' | 'speech')[]
  /** Undefined: the current document's URL. */
  readonly action: string | undefined
  readonly method: Method
  readonly timeoutMs: number
  /** '' : no key finishes. */
  readonly finishOnKey: string
  /** Infinity when not limited; JSON never sees it. */
  readonly numDigits: number
  readonly actionOnEmptyResult: boolean
  readonly parameterNames: ParameterNames | undefined
  readonly prompts: readonly Prompt[]
}

export interface Record {
  readonly verb: 'Record'
  readonly action: string | undefined
  readonly method: Method
  /** 0: silence does not end the recording. */
  readonly timeoutMs: number
  readonly finishOnKey: string
  readonly maxLengthMs: number
  readonly playBeep: boolean
  readonly trimSilence: boolean
  readonly recordingStatusCallback: string | undefined
  readonly recordingStatusCallbackMethod: Method
  readonly recordingStatusCallbackEvents: readonly string[]
  /** Undefined: nobody wants a transcription. */
  readonly transcribeCallback: string | undefined
  readonly parameterNames: ParameterNames | undefined
}

interface TextMessage {
  /** Undefined: the other side of the call, or who has written. */
  readonly to: string | undefined
  /** Undefined: our own number. */
  readonly from: string | undefined
  readonly body: string
  readonly mediaUrls: readonly string[]
  /** Undefined: fall through to the next instruction. */
  readonly action: string | undefined
  readonly method: Method
  readonly statusCallback: string | undefined
}

/** Sends a text during a call. */
export interface Sms extends TextMessage {
  readonly verb: 'Sms'
}

/** Sends a text in a conversation of texts. */
export interface Message extends TextMessage {
  readonly verb: 'Message'
}

export interface Redirect {
  readonly verb: 'Redirect'
  /** '' : the current document's URL. */
  readonly url: string
  readonly method: Method
}

export interface Hangup {
  readonly verb: 'Hangup'
}

export interface Reject {
  readonly verb: 'Reject'
  readonly reason: 'rejected' | 'busy'
}

export interface Refer {
  readonly verb: 'Refer'
  /** SIP URI that the caller's phone is to call. */
  readonly target: string
  readonly action: string | undefined
  readonly method: Method
}

/** Lets the call wait in a queue until it is connected, or leaves. */
export interface Enqueue {
  readonly verb: 'Enqueue'
  readonly name: string
  /** Undefined: fall through to the next instruction. */
  readonly action: string | undefined
  readonly method: Method
  /** Undefined: music; '': silence. */
  readonly waitUrl: string | undefined
  readonly waitMethod: Method
  /** Undefined: as many as the queue takes. */
  readonly sizeMax: number | undefined
  readonly parameterNames: ParameterNames | undefined
}

/** Sends the caller its own sound back. */
export interface Echo {
  readonly verb: 'Echo'
}

/** Ends the waiting in a queue. */
export interface Leave {
  readonly verb: 'Leave'
}

/** Begins recordings that go on while the document does. */
export interface Start {
  readonly verb: 'Start'
  readonly recordings: readonly StartedRecording[]
}

export interface StartedRecording {
  readonly isDual: boolean
  readonly track: 'inbound' | 'outbound' | 'both'
  readonly trimSilence: boolean
  readonly statusCallback: EventCallback | undefined
}

export type Instruction =
  | Say
  | Play
  | Pause
  | Gather
  | Record
  | Redirect
  | Hangup
  | Reject
  | Dial
  | Echo
  | Enqueue
  | Leave
  | Refer
  | Sms
  | Message
  | Start

export type VerbName = Instruction['verb']

/** Loop 0 means "until the call ends", which the contract bounds (2B.3 Play). */
export const loopsMax = 1000
