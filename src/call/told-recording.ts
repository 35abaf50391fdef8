import type { Call } from './call.js'
import { type LiveRecording, recordingUrl } from './recording.js'

/**
 * What the end of a call tells of the recording that was asked for with it: by REST for itself, or by the Dial
 * that made it (contract 2C.2). It may still be written, and silence at its ends be cut off.
 */
export function toldRecording(call: Call): (readonly [string, string])[] {
  const { partner } = call
  const isDialled = partner !== undefined && call.record.parentCallSid === partner.sid
  const recording = from(call, 'OutboundAPI') ?? (isDialled ? from(partner, 'DialVerb') : undefined)
  if (!recording) return []
  const { sid, accountSid } = recording.record
  return [
    ['RecordingUrl', recordingUrl(call.ports.config.baseUrl, accountSid, sid)],
    ['RecordingSid', sid],
    ['RecordingDuration', String(Math.round(recording.soFarMs / 1000))],
  ]
}

function from(call: Call, source: LiveRecording['record']['source']): LiveRecording | undefined {
  return [...call.recordings.values()].find(({ record }) => record.source === source)
}
