import type { Call } from './call.js'
import { type CallRecordingSettings, CommandError, type RecordingCommand } from './command.js'
import type { RecordingRecord } from './ports.js'
import { LiveRecording } from './recording.js'

const channelsOf = { inbound: 'received', outbound: 'sent', both: 'both' } as const

/** As long as a call may be. */
const durationMsMax = 86_400_000

/** Begins, pauses, resumes or ends a recording of a live call. Rejects with CommandError. */
export async function carryOutRecording(call: Call, command: RecordingCommand): Promise<void> {
  if (command.type === 'record') {
    if (!call.isAnswered) throw notRecordable(call.sid, 'is not in-progress')
    await beginRecording(call, command.recordingSid, command, 'StartCallRecordingAPI')
    return
  }
  const { recordingSid, to, instead } = command
  const recording = recordingSid
    ? call.recordings.get(recordingSid)
    : [...call.recordings.values()].at(-1)
  if (!recording) throw notRecordable(call.sid, 'has no such recording in progress')
  if (to === 'paused') await recording.pause(instead)
  if (to === 'in-progress') await recording.resume()
  if (to === 'stopped') {
    recording.stop()
    await recording.ended
  }
}

/** Records a call until it ends; resolves when the recording has begun. */
export async function beginRecording(
  call: Call,
  recordingSid: string,
  { isDual, track, trimSilence, statusCallback }: CallRecordingSettings,
  source: RecordingRecord['source'],
): Promise<void> {
  const recording = new LiveRecording(call, {
    ...{ recordingSid, trimSilence, statusCallback, source, track: isDual ? 'both' : track },
    ...{ durationMsMax, silenceTimeoutMs: 0, finish: new AbortController().signal },
    channels: isDual ? 'dual' : channelsOf[track],
  })
  await recording.begin(call.endedSignal)
  recording.ended.catch((error) => call.ports.events.bug(error, call.sid))
}

function notRecordable(callSid: string, why: string): CommandError {
  return new CommandError('ERR_NOT_RECORDABLE', 21220, `Call ${callSid} ${why}. Cannot record.`)
}
