/**
 * The media plane as the control plane sees it. Two drivers implement it: `native/` (C threads that own
 * the sockets) and `wasm/` (the same C in a worker behind node:dgram). No packet ever crosses this port.
 *
 * Audio at this port is 16-bit linear PCM, mono; the sample rate is said beside it.
 */
import { RouterError } from '../base/router-error.js'

export type MediaCoreName = 'native' | 'wasm'
/** By the names of rtpmap: RFC 3551, RFC 7587. */
export type Codec = 'PCMU' | 'PCMA' | 'G722' | 'L16' | 'opus'
/** Of live audio: G.711 mu-law at 8 kHz, or linear PCM. */
export type TapFormat = 'PCMU' | 'pcm8k' | 'pcm16k'
/** What the plane works in: prompts, recordings and bridges have one of these. */
export type SampleRateHz = 8_000 | 16_000 | 48_000
/** Voice ends after 300 ms without; a beep is told when it is over; `specialInformation` are the SIT tones. */
export type Detection =
  | 'voice'
  | 'beep'
  | 'dialTone'
  | 'ringback'
  | 'busy'
  | 'specialInformation'
  | 'faxCalling'
  | 'faxAnswering'
/** Who has answered a call; `machine_end_…`: a machine whose greeting is over, and by what. */
export type AnsweredBy =
  | 'human'
  | 'machine_start'
  | 'machine_end_beep'
  | 'machine_end_silence'
  | 'machine_end_other'
  | 'fax'
  | 'unknown'
/** How to tell a person from an answering machine. Times [ms] since the detection began, at most an hour. */
export interface MachineDetectionSettings {
  /** Tells of a machine when its greeting is over. */
  readonly isUntilEnd: boolean
  /** Gives up then; more than 0. */
  readonly timeoutMs: number
  /** Speech that lasts as long is a machine's. */
  readonly speechThresholdMs: number
  /** Silence after which speech is over. */
  readonly speechEndThresholdMs: number
  /** Gives up when nobody has spoken until then. */
  readonly silenceTimeoutMs: number
}
export type Direction = 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive'

export interface MediaPlaneConfig {
  /** First and last UDP port for media; RTP takes even ports, RTCP the odd port above. */
  readonly portMin: number
  readonly portMax: number
  /** Number of media shards (threads). */
  readonly threads: number
  /** Most endpoints at once, all shards together; an `open` beyond it is refused. */
  readonly endpointsMax: number
}

export interface OpenOptions {
  /** Local address to bind, IPv4 or IPv6. */
  readonly bindAddress: string
  /** Put the new endpoint on the shard of this one or of this mixer: saves moving it there later. */
  readonly near?: number
}

export interface OpenedEndpoint {
  readonly endpointId: number
  readonly rtpPort: number
  readonly rtcpPort: number
}

export interface SrtpSettings {
  readonly suite: 'AES_CM_128_HMAC_SHA1_80' | 'AES_CM_128_HMAC_SHA1_32' | 'AEAD_AES_128_GCM'
  /** Master key and salt, 30 bytes (GCM: 28), of what we send and of what we receive. */
  readonly sentKey: Uint8Array
  readonly receivedKey: Uint8Array
}

/** How an endpoint sends and receives. Sent whole each time; the latest counts. */
export interface EndpointSettings {
  readonly remoteAddress: string
  readonly remotePort: number
  readonly codec: Codec
  /** RTP payload type of the codec, 0 to 127. */
  readonly payloadType: number
  /** RTP clock of the codec [Hz]: 8000, for L16 its sample rate, for Opus 48000. */
  readonly clockRateHz: number
  /** Payload type of telephone-event (RFC 4733); undefined: the peer offers none. */
  readonly telephoneEventPayloadType: number | undefined
  /** Its clock [Hz], a multiple of 8000. */
  readonly telephoneEventClockRateHz: number
  /** Of a codec that has the choice (Opus); undefined: as prompts and the other side need it. */
  readonly sampleRateHz?: SampleRateHz
  /** Of a codec that has the choice [bit/s]; undefined: its own. */
  readonly bitrateBps?: number
  /** How much delay there may be to keep off loss: none beyond a packet, 60, 200 or 500 ms; default large. */
  readonly jitterBuffer?: 'off' | 'small' | 'medium' | 'large'
  /** The header extension in which the peer says how loud each packet is (RFC 6464): 1 to 14. */
  readonly audioLevelExtension?: number | undefined
  /** RTCP shares the port of RTP (RFC 5761). */
  readonly rtcpMux?: boolean
  /** Undefined: plain RTP. The same keys as before go on with the same stream. */
  readonly srtp?: SrtpSettings | undefined
  /** Sends less, or nothing, in silence, where the codec can. */
  readonly dtx?: boolean
  /** Sends redundancy for lost packets, where the codec can and the peer loses some. */
  readonly fec?: boolean
  /** Duration of a sent packet [ms], a multiple of 10 from 10 to 60. Received packets may differ. */
  readonly ptimeMs: number
  readonly ssrc: number
  /**
   * Which party is at the other end, 0 to 65535, default 0. When it changes, another one has taken the place of
   * the one before: where that sent from is forgotten, and what it still sends is refused.
   */
  readonly peer?: number
  readonly direction: Direction
  /** Raise `rtpTimeout` when nothing arrives for this long [ms]; 0: never. */
  readonly rtpTimeoutMs: number
  /** Detect DTMF in the audio too. One digit that arrives both ways is reported once. */
  readonly inBandDtmf: boolean
}

export type MediaCommand =
  | { readonly type: 'configure'; readonly endpointId: number; readonly settings: EndpointSettings }
  | { readonly type: 'close'; readonly endpointId: number }
  /**
   * Passes audio both ways; packets are relayed without decoding when both codecs are the same. An endpoint that is
   * bridged with itself gets back what its peer says, but not its telephone-events.
   */
  | { readonly type: 'bridge'; readonly endpointId: number; readonly otherEndpointId: number }
  | { readonly type: 'unbridge'; readonly endpointId: number }
  /** How a mixer works. Without it: at the best rate of its members, all voices, no reports. */
  | {
      readonly type: 'mixer'
      readonly mixerId: number
      /** Undefined: the best of its members. */
      readonly sampleRateHz?: SampleRateHz
      /** How many are heard at once, the loudest; undefined: all. */
      readonly voicesMax?: number
      /** Raise `voice` when a member begins or ends to be audible. */
      readonly reportVoices: boolean
    }
  /** Members leave, players and recorders of the mixer end; then `mixerClosed`. */
  | { readonly type: 'closeMixer'; readonly mixerId: number }
  /** Joins, leaving a bridge or another mixer; or changes the settings of a member. */
  | {
      readonly type: 'join'
      readonly endpointId: number
      readonly mixerId: number
      /** Is not heard. */
      readonly muted?: boolean
      /** Is not heard, and hears only its own players (hold music). */
      readonly held?: boolean
      /** Factor of what it says, 0 to 4; default 1. */
      readonly gain?: number
      /** Is heard by this endpoint only (coaching), and hears all. */
      readonly coachedEndpointId?: number
    }
  | { readonly type: 'leave'; readonly endpointId: number }
  /**
   * Plays towards the endpoint's peer, who hears nothing else meanwhile; with `ofMixer`, into what all
   * members hear. Players of one endpoint or mixer queue (at most 8) and join without a gap.
   */
  | {
      readonly type: 'play'
      readonly playerId: number
      readonly endpointId: number
      /** `endpointId` is the id of a mixer. */
      readonly ofMixer?: boolean
      readonly promptId: number
      /** How often; 0: until stopped. */
      readonly loops: number
      /** Where to begin [ms]. */
      readonly offsetMs: number
    }
  /** Sum of one or two sines; on and off durations [ms]; loops 0: until stopped. Queues like `play`. */
  | {
      readonly type: 'tone'
      readonly playerId: number
      readonly endpointId: number
      readonly ofMixer?: boolean
      readonly frequenciesHz: readonly [number] | readonly [number, number]
      readonly levelDbfs: number
      readonly onMs: number
      readonly offMs: number
      readonly loops: number
    }
  /** Sends digits 0-9 A-D # *, as telephone-event when negotiated, else in-band; w waits 500 ms, W 1 s. */
  | {
      readonly type: 'sendDigits'
      readonly playerId: number
      readonly endpointId: number
      readonly digits: string
      readonly toneMs: number
      readonly gapMs: number
    }
  | { readonly type: 'stopPlayer'; readonly playerId: number }
  /** A player of audio that comes piece by piece; silence where nothing has come. Queues like `play`. */
  | {
      readonly type: 'stream'
      readonly playerId: number
      readonly endpointId: number
      readonly ofMixer?: boolean
      readonly sampleRateHz: SampleRateHz
    }
  /** The next piece of a stream, all or refused: at most 16384 samples wait; `streamLow` tells of room. */
  | { readonly type: 'feed'; readonly playerId: number; readonly samples: Int16Array }
  /** Raise `marked` when what was fed so far has been played; at most 32 wait. */
  | { readonly type: 'mark'; readonly playerId: number; readonly markId: number }
  /** Drops what was not played yet; its marks are raised. */
  | { readonly type: 'clear'; readonly playerId: number }
  /** The stream ends when all has been played. */
  | { readonly type: 'endStream'; readonly playerId: number }
  /** Gives live audio as `audio` events, in frames of 20 ms. */
  | {
      readonly type: 'tap'
      readonly tapId: number
      readonly endpointId: number
      /** What the peer says, what it hears, or both. */
      readonly tracks: 'inbound' | 'outbound' | 'both'
      readonly format: TapFormat
    }
  | { readonly type: 'stopTap'; readonly tapId: number; readonly endpointId: number }
  /** What to look for in what the peer says, and tell of by `detected`; the latest counts. */
  | {
      readonly type: 'detect'
      readonly endpointId: number
      readonly voice?: boolean
      /** Of call progress and of fax. */
      readonly tones?: boolean
      /** As after the greeting of an answering machine. */
      readonly beep?: boolean
    }
  /** Listens who has answered, and raises `answeredBy` once. Undefined: no longer. */
  | {
      readonly type: 'detectMachine'
      readonly endpointId: number
      readonly detection: MachineDetectionSettings | undefined
    }
  /**
   * Records what the endpoint receives (or, `sent`, what its peer hears; `dual`, received left and sent
   * right; `both`: their sum in one channel), or what all members of a mixer hear, into a WAV file of
   * 8 kHz, or 16 kHz where the codec has more. At most four at once of one endpoint or mixer.
   */
  | {
      readonly type: 'record'
      readonly recorderId: number
      readonly endpointId: number
      readonly ofMixer?: boolean
      readonly path: string
      readonly channels: 'received' | 'sent' | 'both' | 'dual'
      /** Stop after this much audio [ms]. */
      readonly durationMsMax: number
      /** Stop after this much silence [ms]; nothing for up to 500 ms after a sound is a loss; 0: never. */
      readonly silenceTimeoutMs: number
      /** Leave out silence at the beginning and the end. */
      readonly trimSilence: boolean
    }
  | { readonly type: 'stopRecorder'; readonly recorderId: number }
  /** Until it is resumed, nothing is recorded: `skip` leaves the time out, `silence` records silence. */
  | {
      readonly type: 'pauseRecorder'
      readonly recorderId: number
      readonly instead: 'skip' | 'silence'
    }
  | { readonly type: 'resumeRecorder'; readonly recorderId: number }

export type MediaEvent =
  | {
      readonly type: 'digit'
      readonly endpointId: number
      readonly digit: string
      readonly source: 'telephone-event' | 'in-band'
      /** Length of the digit as far as known [ms]. */
      readonly durationMs: number
      readonly mediaTimeMs: number
    }
  /** A digit has begun (barge-in happens here, before its end is known). */
  | { readonly type: 'digitStarted'; readonly endpointId: number; readonly mediaTimeMs: number }
  | {
      readonly type: 'playerEnded'
      readonly playerId: number
      readonly endpointId: number
      readonly reason: 'done' | 'stopped' | 'closed'
      /** How much was sent [ms], in all loops. */
      readonly playedMs: number
    }
  | {
      readonly type: 'recorderEnded'
      readonly recorderId: number
      readonly endpointId: number
      readonly reason: 'stopped' | 'silence' | 'durationMax' | 'closed' | 'failed'
      /** Audio in the file [ms]. The file is complete when this event is raised. */
      readonly durationMs: number
    }
  | { readonly type: 'rtpTimeout'; readonly endpointId: number }
  /** A member of a mixer has become audible, or has been silent for half a second. */
  | {
      readonly type: 'voice'
      readonly endpointId: number
      readonly mixerId: number
      readonly begun: boolean
      readonly mediaTimeMs: number
    }
  /** Something that `detect` asked for has begun or ended. */
  | {
      readonly type: 'detected'
      readonly endpointId: number
      readonly what: Detection
      readonly begun: boolean
      /** When that was, which is before it could be told. */
      readonly mediaTimeMs: number
    }
  | {
      readonly type: 'answeredBy'
      readonly endpointId: number
      readonly answeredBy: AnsweredBy
      /** How long it took [ms]. */
      readonly afterMs: number
    }
  | { readonly type: 'mixerClosed'; readonly mixerId: number }
  /** Less than half of what a stream can hold is left. */
  | {
      readonly type: 'streamLow'
      readonly playerId: number
      readonly endpointId: number
      readonly playedMs: number
    }
  | {
      readonly type: 'marked'
      readonly playerId: number
      readonly endpointId: number
      readonly markId: number
    }
  | {
      readonly type: 'audio'
      readonly tapId: number
      readonly endpointId: number
      readonly track: 'inbound' | 'outbound'
      /** Of its first sample, since the tap began. */
      readonly mediaTimeMs: number
      /** 20 ms in the format of the tap; PCM is 16 bit little-endian. */
      readonly audio: Uint8Array
    }
  /** Raised once, after `close`, when the endpoint and its ports are gone. */
  | { readonly type: 'closed'; readonly endpointId: number; readonly stats: EndpointStats }

export interface EndpointStats {
  readonly packetsReceived: number
  readonly packetsSent: number
  readonly packetsLost: number
  readonly packetsLate: number
  /** Interarrival jitter (RFC 3550 §6.4.1) [ms]. */
  readonly jitterMs: number
  /** By the peer's reports; 0: it sent none. */
  readonly roundTripMs: number
  readonly packetsLostByPeer: number
  readonly peerJitterMs: number
}

export interface PlaneStats {
  readonly endpoints: number
  readonly prompts: number
  readonly packetsReceived: number
  readonly packetsSent: number
  /** Packets refused: not RTP, wrong source, queue full. */
  readonly packetsDropped: number
  /** Samples of recordings that could not be written in time. */
  readonly recorderOverruns: number
  /** Legs that went from one thread to another. */
  readonly moves: number
  /** Frames of live audio that were not taken in time, and other events that found no room: never. */
  readonly audioFramesLost: number
  readonly eventsLost: number
  /** How late ticks ran: counts for at most 1, 2, 5, 10, 20, 50 ms, and more. */
  readonly latenessCounts: readonly number[]
}

/** A command or `open` that the plane refused. */
export class MediaRefusedError extends RouterError {
  override readonly name = 'MediaRefusedError'
  constructor(message: string) {
    super('ERR_MEDIA_REFUSED', 20500, message)
  }
}

export interface MediaPlane {
  readonly core: MediaCoreName
  /** Binds an RTP and an RTCP port. Rejects with MediaRefusedError when none is free or the pool is full. */
  open(options: OpenOptions): Promise<OpenedEndpoint>
  /** A conference, on the shard of an endpoint or mixer. Members from other shards are moved there. */
  openMixer(options: { readonly near?: number }): Promise<number>
  /**
   * Hands a command over; takes effect at the next tick. Resolves when the plane has acknowledged it,
   * rejects with MediaRefusedError. Commands of one endpoint keep their order; those submitted in one
   * turn of the event loop cross in one batch.
   */
  submit(command: MediaCommand): Promise<void>
  /** Keeps immutable PCM that players may use; returns its promptId. */
  loadPrompt(samples: Int16Array, sampleRateHz: SampleRateHz): Promise<number>
  /** The prompt is dropped as soon as no player uses it. */
  releasePrompt(promptId: number): void
  /**
   * Any of 8, 11.025, 16, 22.05, 24, 32, 44.1, 48 kHz to a lower rate of 8 or 16 kHz, off the main
   * thread when long.
   */
  resample(samples: Int16Array, fromHz: number, toHz: 8_000 | 16_000): Promise<Int16Array>
  stats(): Promise<PlaneStats>
  /** Closes every endpoint, finishes every recording, joins every thread. */
  close(): Promise<void>
}

export type MediaEventListener = (event: MediaEvent) => void
/** Ids of players and recorders are chosen by the caller: unsigned 32-bit, unique while in use. */
export type CreateMediaPlane = (
  config: MediaPlaneConfig,
  onEvent: MediaEventListener,
) => Promise<MediaPlane>
