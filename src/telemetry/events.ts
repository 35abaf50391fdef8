import type { Logger } from 'pino'
import type { Metrics } from './metrics.js'

interface CallFacts {
  readonly sid: string
  readonly direction: string
  readonly from: string
  readonly to: string
  readonly status: string
}

interface RecordingFacts {
  readonly sid: string
  readonly callSid: string
  readonly status: string
  readonly durationMs: number | undefined
}

interface ConferenceFacts {
  readonly sid: string
  readonly friendlyName: string
  readonly reasonEnded: string | undefined
}

interface GatewayFacts {
  readonly callSid: string
  readonly gatewaySid: string
  readonly gateway: string
  readonly outcome: string
  readonly status: number | undefined
}

/** One method per business event: a log line with the call's sid, and a metric. */
export class TelemetryEvents {
  readonly #log: Logger
  readonly #metrics: Metrics

  constructor(log: Logger, metrics: Metrics) {
    this.#log = log
    this.#metrics = metrics
  }

  callStarted(call: CallFacts): void {
    this.#metrics.callsStarted.inc({ direction: call.direction })
    this.#metrics.callsLive.inc()
    const { sid: callSid, direction, from, to } = call
    this.#log.info({ callSid, direction, from, to }, 'call started')
  }

  callEnded(call: CallFacts): void {
    this.#metrics.callsEnded.inc({ direction: call.direction, status: call.status })
    this.#metrics.callsLive.dec()
    this.#log.info({ callSid: call.sid, status: call.status }, 'call ended')
  }

  callRefused(status: number, why: string): void {
    this.#metrics.callsRefused.inc({ status: String(status) })
    this.#log.info({ status, why }, 'call refused')
  }

  callFailed(call: CallFacts, error: { readonly code: string; readonly message: string }): void {
    this.#log.warn({ callSid: call.sid, code: error.code, message: error.message }, 'call failed')
  }

  callBlocked(accountSid: string, callSid: string, why: string): void {
    this.#metrics.callsBlocked.inc({ why })
    this.#log.warn({ accountSid, callSid, why }, 'call blocked')
  }

  gatewayTried(tried: GatewayFacts): void {
    const { callSid, gatewaySid, gateway, outcome, status } = tried
    this.#metrics.gatewayAttempts.inc({ outcome })
    this.#log.info({ callSid, gatewaySid, gateway, outcome, status }, 'gateway tried')
  }

  /** `isNews`: the one before had another outcome. */
  gatewayRegistered(gatewaySid: string, state: string, status: number, isNews: boolean): void {
    this.#metrics.gatewayRegistrations.inc({ state })
    this.#log[isNews ? 'info' : 'debug']({ gatewaySid, state, status }, 'gateway registration')
  }

  gatewayProbed(gatewaySid: string, isAlive: boolean, status: number, isNews: boolean): void {
    this.#metrics.gatewayProbes.inc({ alive: String(isAlive) })
    this.#log[isNews ? 'info' : 'debug']({ gatewaySid, isAlive, status }, 'gateway probed')
  }

  digits(call: CallFacts, digit: string): void {
    // Digits may be card numbers and PINs: they are shown only when asked for.
    this.#log.debug({ callSid: call.sid, digit }, 'digit')
  }

  recordingEnded(recording: RecordingFacts): void {
    this.#metrics.recordings.inc({ status: recording.status })
    const { sid: recordingSid, callSid, status, durationMs } = recording
    this.#log.info({ callSid, recordingSid, status, durationMs }, 'recording ended')
  }

  conferenceStarted(conference: ConferenceFacts): void {
    this.#metrics.conferences.inc()
    const { sid: conferenceSid, friendlyName } = conference
    this.#log.info({ conferenceSid, friendlyName }, 'conference started')
  }

  conferenceEnded({ sid: conferenceSid, reasonEnded }: ConferenceFacts): void {
    this.#log.info({ conferenceSid, reasonEnded }, 'conference ended')
  }

  conferenceRecorded(recording: {
    readonly sid: string
    readonly conferenceSid: string
    readonly status: string
    readonly durationMs: number | undefined
  }): void {
    this.#metrics.recordings.inc({ status: recording.status })
    const { sid: recordingSid, conferenceSid, status, durationMs } = recording
    this.#log.info({ conferenceSid, recordingSid, status, durationMs }, 'recording ended')
  }

  conferenceFailed(
    conferenceSid: string,
    callSid: string | undefined,
    { code, message }: { readonly code: string; readonly message: string },
  ): void {
    this.#log.warn({ conferenceSid, callSid, code, message }, 'conference trouble')
  }

  sip(event: string): void {
    this.#metrics.sip.inc({ event })
    this.#log.debug({ event }, 'sip')
  }

  webhook(callSid: string, method: string, url: string, names: string[], elapsedMs: number): void {
    this.#metrics.webhooks.inc({ outcome: 'ok' })
    this.#metrics.webhookSeconds.observe(elapsedMs / 1000)
    const shown = { url: withoutSecrets(url), elapsedMs: Math.round(elapsedMs) }
    this.#log.info({ callSid, method, sent: names, ...shown }, 'webhook answered')
  }

  webhookFailed(callSid: string, url: string, code: number, message: string): void {
    this.#metrics.webhooks.inc({ outcome: 'failed' })
    this.#log.warn({ callSid, url: withoutSecrets(url), code, message }, 'webhook failed')
  }

  documentFailed(callSid: string, url: string | undefined, code: number, message: string): void {
    this.#metrics.documentErrors.inc({ code: String(code) })
    const facts = { callSid, url: url && withoutSecrets(url), code, message }
    this.#log.warn(facts, 'application error')
  }

  documentWarned(callSid: string, message: string, line: number): void {
    this.#metrics.documentErrors.inc({ code: '12200' })
    this.#log.warn({ callSid, line, message }, 'document warning')
  }

  callbackDropped(callSid: string, url: string, message: string): void {
    this.#metrics.callbacksDropped.inc()
    this.#log.warn({ callSid, url: withoutSecrets(url), message }, 'status callback dropped')
  }

  bug(error: unknown, callSid: string | undefined): void {
    this.#metrics.bugs.inc()
    this.#log.error({ callSid, err: error }, 'internal error')
  }
}

/** A URL without user info and with the values of its query left out. */
function withoutSecrets(url: string): string {
  if (!/[?@]/.test(url)) return url.slice(0, 1_000)
  if (!URL.canParse(url)) return url.slice(0, 200)
  const shown = new URL(url)
  shown.username = ''
  shown.password = ''
  for (const name of [...shown.searchParams.keys()]) shown.searchParams.set(name, '…')
  return shown.href
}
