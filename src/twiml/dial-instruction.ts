import type { Method, ParameterNames } from './instruction.js'

/** A URL to be requested, as written: perhaps relative, perhaps a template. */
export interface Callback {
  readonly url: string
  readonly method: Method
}

export interface EventCallback extends Callback {
  readonly events: readonly string[]
}

/** How to tell a person from an answering machine [ms]; times as the contract names them (2B.4). */
export interface MachineDetection {
  /** `DetectMessageEnd` tells of a machine when its greeting is over. */
  readonly mode: 'Enable' | 'DetectMessageEnd'
  readonly timeoutMs: number
  /** A greeting that is longer is a machine's. */
  readonly speechThresholdMs: number
  /** Silence after which a greeting is over. */
  readonly speechEndThresholdMs: number
  /** Silence from the beginning on, after which nothing is known. */
  readonly silenceTimeoutMs: number
  readonly statusCallback: Callback | undefined
}

/** One of several places of a SIP party. */
export interface SipPlace {
  readonly address: string
  readonly username: string | undefined
  readonly password: string | undefined
  /** The lowest is tried first. */
  readonly priority: number
  /** Share among those of one priority. */
  readonly weight: number
}

/** Somebody to be called. */
export interface DialParty {
  readonly noun: 'Number' | 'Sip' | 'Client' | 'Application'
  /** Number, SIP URI, client identity or application sid. */
  readonly address: string
  readonly sendDigits: string | undefined
  readonly username: string | undefined
  readonly password: string | undefined
  /** Where it may be instead of `address`; for Sip. */
  readonly places: readonly SipPlace[]
  /** Header fields of a Sip, parameters of a Client or Application. */
  readonly parameters: readonly (readonly [name: string, value: string])[]
  /** What the party hears, and may refuse, before it is connected. */
  readonly screening: Callback | undefined
  readonly statusCallback: EventCallback | undefined
  readonly machineDetection: MachineDetection | undefined
}

export interface ConferenceNoun {
  readonly name: string
  readonly isMuted: boolean
  readonly beep: 'true' | 'false' | 'onEnter' | 'onExit'
  readonly startsOnEnter: boolean
  readonly endsOnExit: boolean
  /** Undefined: music; '': silence. */
  readonly waitUrl: string | undefined
  readonly waitMethod: Method
  readonly participantsMax: number
  readonly isRecorded: boolean
  readonly trimSilence: boolean
  /** CallSid of who alone hears this participant. */
  readonly coach: string | undefined
  readonly label: string | undefined
  readonly jitterBuffer: 'off' | 'small' | 'medium' | 'large'
  readonly statusCallback: EventCallback | undefined
  readonly recordingStatusCallback: EventCallback | undefined
}

export interface QueueNoun {
  readonly name: string
  /** What the queued caller hears before it is connected. */
  readonly whisper: Callback | undefined
}

/** What is recorded of a Dial. */
export interface DialRecording {
  readonly from: 'answer' | 'ringing'
  readonly isDual: boolean
  readonly track: 'both' | 'inbound' | 'outbound'
  readonly trimSilence: boolean
  readonly statusCallback: EventCallback | undefined
}

export interface Dial {
  readonly verb: 'Dial'
  /** At most ten; none with a conference or a queue. */
  readonly parties: readonly DialParty[]
  readonly conference: ConferenceNoun | undefined
  readonly queue: QueueNoun | undefined
  /** One after another instead of all at once. */
  readonly isSequential: boolean
  /** Undefined: fall through to the next instruction. */
  readonly action: string | undefined
  readonly method: Method
  readonly timeoutMs: number
  readonly timeLimitMs: number
  readonly callerId: string | undefined
  readonly hangupOnStar: boolean
  readonly answerOnBridge: boolean
  /** Country whose ringing the caller hears; undefined: that of North America. */
  readonly ringTone: string | undefined
  readonly recording: DialRecording | undefined
  /** Asked what to do when one side wants to transfer the other; undefined: no transfers. */
  readonly referUrl: string | undefined
  readonly referMethod: Method
  readonly parameterNames: ParameterNames | undefined
}
