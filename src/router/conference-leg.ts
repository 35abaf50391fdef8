import type { RouterError } from '../base/router-error.js'
import type { Call } from '../call/call.js'
import type { StatusCallback } from '../call/call-record.js'
import { type ConferenceOutcome, stayInConference } from '../call/conference-dial.js'
import type { JoinOptions, SoundSource } from '../call/conference-options.js'
import type { Conferences } from '../call/conferences.js'
import { TalkRecorder } from '../call/talk-recorder.js'
import type { ConferenceOptions, ConferenceResult } from '../verbs/leg.js'
import { channelsOf } from './dial-leg.js'

type Resolve = (url: string, base: string | undefined) => string

interface ConferenceWorld {
  readonly conferences: Conferences
  /** Tells that the call could not come in. */
  failed(error: RouterError): void
}

/** A Dial of a document to a conference, carried out on its call; `resolve` makes a URL of it absolute. */
export async function joinFor(
  call: Call,
  options: ConferenceOptions,
  resolve: Resolve,
  { conferences, failed }: ConferenceWorld,
  signal: AbortSignal,
): Promise<ConferenceResult> {
  const { recording, timeLimitMs, hangupOnStar } = options
  const stay = { join: joinOptions(options, resolve), timeLimitMs, hangupOnStar }
  const recorder =
    recording &&
    new TalkRecorder(call, {
      ...{ recordingSid: recording.recordingSid, from: 'answer', source: 'DialVerb' },
      channels:
        recording.track === 'outbound' && !recording.isDual ? 'sent' : channelsOf(recording),
      trimSilence: recording.trimSilence,
      statusCallback: absolute(recording.statusCallback, options.base, resolve),
    })
  let outcome: ConferenceOutcome
  try {
    outcome = await stayInConference(call, stay, conferences, signal, () =>
      recorder?.begin('answer', call),
    )
  } finally {
    await recorder?.end()
  }
  if (outcome.error) failed(outcome.error)
  return { status: outcome.status, recording: await recorder?.end() }
}

function joinOptions({ conference: noun, base }: ConferenceOptions, resolve: Resolve): JoinOptions {
  return {
    name: noun.name,
    label: noun.label,
    muted: noun.isMuted,
    beep: noun.beep,
    startOnEnter: noun.startsOnEnter,
    endOnExit: noun.endsOnExit,
    wait: waitOf(noun, base, resolve),
    participantsMax: noun.participantsMax,
    record: noun.isRecorded,
    trimSilence: noun.trimSilence,
    coachedCallSid: noun.coach,
    statusCallback: absolute(noun.statusCallback, base, resolve),
    recordingStatusCallback: absolute(noun.recordingStatusCallback, base, resolve),
    jitterBuffer: noun.jitterBuffer,
  }
}

function waitOf(
  { waitUrl, waitMethod: method }: ConferenceOptions['conference'],
  base: string | undefined,
  resolve: Resolve,
): SoundSource {
  if (waitUrl === undefined) return { type: 'music' }
  if (waitUrl === '') return { type: 'silence' }
  return { type: 'url', url: resolve(waitUrl, base), method }
}

function absolute(
  callback: StatusCallback | undefined,
  base: string | undefined,
  resolve: Resolve,
): StatusCallback | undefined {
  return callback && { ...callback, url: resolve(callback.url, base) }
}
