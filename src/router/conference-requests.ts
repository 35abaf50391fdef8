import type { ConferenceRecord } from '../call/conference-record.js'
import type { ProgramPorts } from '../verbs/run.js'
import type { Parameters } from '../webhook/signature.js'
import { documentText } from './document-text.js'
import type { RunnerParts } from './program-runner.js'
import { whileLive } from './prompt-lease.js'
import { resolveUrl } from './resolve-url.js'

/**
 * Requests of a document that a whole conference hears: they name the conference and no call, and carry
 * the cookies of none.
 */
export function roomPorts(conference: ConferenceRecord, parts: RunnerParts): ProgramPorts {
  const { accountSid } = conference
  const { clock, ids, events, prompts } = parts
  const standard: Parameters = [
    ['ConferenceSid', conference.sid],
    ['FriendlyName', conference.friendlyName],
    ['AccountSid', accountSid],
    ['ApiVersion', '2010-04-01'],
  ]
  const send = async (request: RoomRequest, signal: AbortSignal) =>
    parts.client.fetch(
      {
        ...{ url: request.url, method: request.method, parameters: request.parameters, accountSid },
        ...{ callSid: undefined, wants: request.wants, idempotencyToken: request.token },
        options: request.wants === 'sound' ? undefined : parts.requestOptions.ofAccount(accountSid),
        authToken: await parts.accounts.authToken(accountSid),
      },
      signal,
    )
  return {
    clock,
    ids,
    prompts: {
      speech: (sentence, voice, signal) => whileLive(prompts.speech(sentence, voice), signal),
      sound(url, base, signal) {
        if (url.startsWith('blob:')) return whileLive(prompts.kept(url, signal), signal)
        const request = {
          method: 'GET',
          parameters: [],
          token: ids.hex(16),
          wants: 'sound',
        } as const
        const fetch = (soundUrl: string, _validator: string | undefined, until: AbortSignal) =>
          send({ ...request, url: soundUrl }, until)
        const resolved = resolveUrl(url, base, standard)
        return whileLive(prompts.sound(accountSid, resolved, fetch, clock.nowMs(), signal), signal)
      },
    },
    async fetchDocument({ url: written, base, method, parameters: own, token }, signal) {
      const parameters = [...standard, ...own]
      const url = resolveUrl(written, base, parameters)
      const answer = await send({ url, method, parameters, token, wants: 'document' }, signal)
      const { contentType } = answer
      const body = contentType.startsWith('audio/')
        ? await prompts.keep(answer.body, contentType)
        : documentText(answer)
      return { url: answer.url, contentType, body }
    },
    checkpoint: async () => {},
    save: () => {},
    warned: ({ message, line }) => events.documentWarned(conference.sid, message, line),
    failed: (error, url) =>
      events.documentFailed(conference.sid, url, error.errorCode, error.message),
  }
}

interface RoomRequest {
  readonly url: string
  readonly method: 'GET' | 'POST'
  readonly parameters: Parameters
  readonly token: string
  readonly wants: 'document' | 'sound'
}
