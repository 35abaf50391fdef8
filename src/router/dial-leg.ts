import type { Call } from '../call/call.js'
import { normalNumber } from '../call/caller.js'
import { type DialledParty, type DialSettings, type DialWorld, dialParties } from '../call/dial.js'
import type { ChildTarget } from '../call/dial-target.js'
import type { TalkRecording } from '../call/talk-recorder.js'
import { chosenHeaders } from '../call/uri-extras.js'
import type { DialOptions, DialOutcome } from '../verbs/leg.js'

type Party = DialOptions['parties'][number]

/** A Dial of a document, carried out on its call; `resolve` makes a URL of the document absolute. */
export async function dialFor(
  call: Call,
  options: DialOptions,
  resolve: (url: string, base: string | undefined) => string,
  world: DialWorld,
  signal: AbortSignal,
): Promise<DialOutcome> {
  const absolute = <Named extends { readonly url: string }>(named: Named | undefined) =>
    named && { ...named, url: resolve(named.url, options.base) }
  const { defaultCountry } = call.ports.config
  const parties = options.parties.map(
    (party): DialledParty => ({
      childSid: party.childSid,
      target: {
        ...targetOf(party, defaultCountry),
        statusCallback: absolute(party.statusCallback),
        machineDetection: party.machineDetection && {
          ...party.machineDetection,
          isUntilEnd: party.machineDetection.mode === 'DetectMessageEnd',
          statusCallback: absolute(party.machineDetection.statusCallback),
        },
        screening: party.screening && {
          type: 'url',
          ...party.screening,
          ...absolute(party.screening),
        },
      },
    }),
  )
  const { recording } = options
  const settings: DialSettings = {
    ...options,
    transfer: absolute(options.transfer),
    recording: recording && talkRecordingOf(recording, (url) => resolve(url, options.base)),
  }
  return dialParties(call, parties, settings, world, signal)
}

function targetOf(party: Party, defaultCountry: string): ChildTarget {
  const { noun, address, sendDigits, username, password, places, parameters } = party
  if (noun === 'Application') throw new Error('an application has no address')
  const number = noun === 'Number' && normalNumber(address, defaultCountry)
  return {
    ...{ noun, sendDigits, username, password, places },
    address: number || address,
    statusCallback: undefined,
    headers: chosenHeaders(noun === 'Client' ? parameters.map(asHeader) : parameters),
  }
}

/** What a document tells a client reaches it as header fields of its INVITE. */
function asHeader([name, value]: readonly [string, string]): readonly [string, string] {
  return [/^x-/i.test(name) ? name : `X-${name}`, value]
}

/** `resolve` makes its URL absolute. */
export function talkRecordingOf(
  recording: NonNullable<DialOptions['recording']>,
  resolve: (url: string) => string,
): TalkRecording {
  const { recordingSid, from, trimSilence, statusCallback } = recording
  return {
    ...{ recordingSid, from, trimSilence, source: 'DialVerb', channels: channelsOf(recording) },
    statusCallback: statusCallback && { ...statusCallback, url: resolve(statusCallback.url) },
  }
}

export function channelsOf({
  isDual,
  track,
}: NonNullable<DialOptions['recording']>): TalkRecording['channels'] {
  if (isDual) return 'dual'
  if (track === 'inbound') return 'received'
  return track
}
