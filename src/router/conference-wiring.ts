import type { Call } from '../call/call.js'
import { Conferences } from '../call/conferences.js'
import type { MediaHub } from '../call/media-hub.js'
import type { Store } from '../store/store.js'
import { createConferenceSounds } from './conference-documents.js'
import { createConferenceStore } from './conference-store.js'
import type { RunnerParts } from './program-runner.js'

interface ConferenceParts {
  readonly store: Store
  readonly hub: MediaHub
  readonly runner: RunnerParts
  readonly config: {
    readonly callsMax: number
    readonly baseUrl: string
    recordingPath(recordingSid: string): string
  }
  findCall(callSid: string): Call | undefined
  readonly outbox: { filled(sid: string): void }
}

/** The conferences of all accounts, with what they need of the rest of the router. */
export function openConferences(parts: ConferenceParts): Conferences {
  const { runner, store, hub, config } = parts
  const { clock, ids, events } = runner
  return new Conferences({
    ...{ hub, events, clock, ids },
    store: createConferenceStore(store, () => clock.nowMs()),
    sounds: createConferenceSounds(runner, hub, runner.music),
    // Each has a participant, or somebody who is being called for it.
    config: { ...config, conferencesMax: config.callsMax },
    findCall: (callSid) => parts.findCall(callSid),
    outboxFilled: (sid) => parts.outbox.filled(sid),
  })
}
