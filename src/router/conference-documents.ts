import { RouterError } from '../base/router-error.js'
import type { SoundSource } from '../call/conference-options.js'
import type { ConferenceSounds, SoundTarget } from '../call/conference-ports.js'
import type { ConferenceRecord } from '../call/conference-record.js'
import type { MediaHub } from '../call/media-hub.js'
import type { VerbName } from '../twiml/instruction.js'
import type { Leg, PreparedPrompt } from '../verbs/leg.js'
import { startAt } from '../verbs/program-state.js'
import { type ProgramPorts, runProgram } from '../verbs/run.js'
import type { Parameters } from '../webhook/signature.js'
import { roomPorts } from './conference-requests.js'
import type { HoldMusic } from './hold-music.js'
import { type PlayOptions, playInto, playOn } from './play-sound.js'
import { portsOf, type RunnerParts } from './program-runner.js'

/** What a wait, hold or announcement document may hold (contract 2B.5 2); after its end there is silence. */
const allowedVerbs: readonly VerbName[] = ['Play', 'Say', 'Pause', 'Redirect']
const rules = { allowedVerbs, atEnd: 'silence' as const }

/** Plays the documents of conferences by the same loop that runs those of calls. */
export function createConferenceSounds(
  parts: RunnerParts,
  hub: MediaHub,
  music: HoldMusic,
): ConferenceSounds {
  return {
    async play(source, target, signal, onReady = () => {}) {
      if (source.type === 'music') {
        const promptId = await music.promptId()
        const musicPrompt = { promptId, durationMs: Infinity, release: () => {} }
        onReady()
        await play(target, musicPrompt, { loops: 0, offsetMs: 0 }, hub, signal)
      }
      if (source.type !== 'url') return
      let failure: RouterError | undefined
      const ports = portsFor(target, parts, onReady, (error) => {
        failure = error
      })
      const leg = listener(target, hub, onReady)
      const end = await runProgram(leg, stateOf(source, parts), rules, ports, signal)
      if (end === 'failed') throw failure ?? new RouterError('ERR_SOUND', 11200, 'It failed')
      if (end === 'stopped') throw signal.reason
    },
  }
}

function stateOf({ url, method }: SoundSource & { readonly type: 'url' }, { ids }: RunnerParts) {
  return startAt({ url, method, parameters: [], token: ids.hex(16) })
}

function portsFor(
  target: SoundTarget,
  parts: RunnerParts,
  onReady: () => void,
  onFailed: (error: RouterError) => void,
): ProgramPorts {
  const isCall = 'call' in target
  const ports = isCall ? portsOf(target.call, parts) : roomPorts(target.conference, parts)
  const more = isCall ? conferenceParameters(target.conference) : []
  return {
    ...ports,
    fetchDocument: (request, signal) =>
      ports.fetchDocument({ ...request, parameters: [...more, ...request.parameters] }, signal),
    clock: {
      nowMs: () => parts.clock.nowMs(),
      monotonicMs: () => parts.clock.monotonicMs(),
      sleep(delayMs, signal) {
        onReady()
        return parts.clock.sleep(delayMs, signal)
      },
    },
    // The call's own program is what goes on after a restart; it comes back here by itself.
    checkpoint: async () => {},
    save: () => {},
    failed: (error, url) => {
      ports.failed(error, url)
      onFailed(error)
    },
  }
}

function conferenceParameters({ sid, friendlyName }: ConferenceRecord): Parameters {
  return [
    ['ConferenceSid', sid],
    ['FriendlyName', friendlyName],
  ]
}

/** As much of a leg as the verbs that are allowed can see. */
function listener(target: SoundTarget, hub: MediaHub, onReady: () => void): Leg {
  const callSid = 'call' in target ? target.call.sid : target.conference.sid
  const leg: Pick<Leg, 'callSid' | 'isAnswered' | 'answer' | 'ring' | 'play' | 'hangUp'> = {
    callSid,
    isAnswered: true,
    answer: async () => onReady(),
    ring: () => {},
    hangUp: () => {},
    play: (prompt, options, signal) => play(target, prompt, options, hub, signal),
  }
  return leg as Leg
}

function play(
  target: SoundTarget,
  prompt: PreparedPrompt,
  options: PlayOptions,
  hub: MediaHub,
  signal: AbortSignal,
): Promise<void> {
  if ('call' in target) return playOn(target.call, prompt, options, signal)
  return playInto(target.mixerId, prompt, options, hub, signal)
}
