import { Attributes, checkAttributes } from './attributes.js'
import { callback, eventCallback } from './callbacks.js'
import { checkChildren } from './check-children.js'
import type {
  ConferenceNoun,
  Dial,
  DialParty,
  DialRecording,
  MachineDetection,
  QueueNoun,
  SipPlace,
} from './dial-instruction.js'
import { DocumentProblem, type DocumentWarning } from './document-error.js'
import { schemaOf, verbs } from './schema-verbs.js'
import type { XmlElement } from './xml.js'

/** As many as may ring for one caller (contract 2B.3). */
const partiesMax = 10

export function parseDial(
  element: XmlElement,
  attributes: Attributes,
  warnings: DocumentWarning[],
): Dial {
  const { children, line } = element
  const number = element.text.trim()
  const nouns = children.map((child) => noun(child, warnings))
  const parties = nouns.flatMap(({ party }) => (party ? [party] : []))
  const alone = nouns.find(({ party }) => !party || party.noun === 'Application')
  if (alone && nouns.length > 1) {
    throw new DocumentProblem(
      13000,
      '<Dial>: a Conference, Queue or Application must be alone',
      line,
    )
  }
  if (parties.length > partiesMax) {
    throw new DocumentProblem(13000, `<Dial>: at most ${partiesMax} nouns may be in it`, line)
  }
  return {
    verb: 'Dial',
    parties: nouns.length === 0 && number ? [numberParty(number)] : parties,
    conference: alone?.conference,
    queue: alone?.queue,
    isSequential: attributes.boolean('sequential'),
    action: attributes.url('action'),
    method: attributes.method('method'),
    timeoutMs: attributes.milliseconds('timeout'),
    timeLimitMs: attributes.milliseconds('timeLimit'),
    callerId: attributes.url('callerId'),
    hangupOnStar: attributes.boolean('hangupOnStar'),
    answerOnBridge: attributes.boolean('answerOnBridge'),
    ringTone: attributes.oneOf('ringTone'),
    recording: recording(attributes),
    referUrl: attributes.url('referUrl'),
    referMethod: attributes.method('referMethod'),
    parameterNames: attributes.names('paramNames'),
  }
}

interface Noun {
  readonly party?: DialParty
  readonly conference?: ConferenceNoun
  readonly queue?: QueueNoun
}

function noun(element: XmlElement, warnings: DocumentWarning[]): Noun {
  const { name, line } = element
  const schema = verbs.Dial?.children.includes(name) ? schemaOf(name, 'Dial') : undefined
  if (!schema || schema.isLater) {
    const why = schema ? 'is not supported by this version' : 'is not a noun of Dial'
    throw new DocumentProblem(13000, `<Dial>: <${name}> ${why}`, line)
  }
  checkChildren(element, schema, warnings)
  checkAttributes(element, schema, warnings)
  const attributes = new Attributes(element, schema)
  if (name === 'Conference') return { conference: conference(element, attributes) }
  if (name === 'Queue') return { queue: queue(element, attributes) }
  return { party: party(name as DialParty['noun'], element, attributes) }
}

function recording(attributes: Attributes): DialRecording | undefined {
  const mode = attributes.oneOf('record') ?? 'do-not-record'
  if (mode === 'do-not-record' || mode === 'false') return undefined
  return {
    from: mode.startsWith('record-from-ringing') ? 'ringing' : 'answer',
    isDual: mode.endsWith('-dual'),
    track: attributes.oneOf('recordingTrack') as DialRecording['track'],
    trimSilence: attributes.oneOf('trim') === 'trim-silence',
    statusCallback: eventCallback(attributes, 'recordingStatusCallback'),
  }
}

function conference(element: XmlElement, attributes: Attributes): ConferenceNoun {
  const name = element.text.trim()
  if (name === '' || name.length > 128) {
    throw new DocumentProblem(
      16002,
      '<Conference> must have a name of 1 to 128 characters',
      element.line,
    )
  }
  const isSilent = attributes.text('waitUrl')?.trim() === ''
  const waitUrl = isSilent ? '' : attributes.url('waitUrl')
  return {
    name,
    isMuted: attributes.boolean('muted'),
    beep: attributes.oneOf('beep') as ConferenceNoun['beep'],
    startsOnEnter: attributes.boolean('startConferenceOnEnter'),
    endsOnExit: attributes.boolean('endConferenceOnExit'),
    waitUrl,
    waitMethod: attributes.method('waitMethod'),
    participantsMax: attributes.integer('maxParticipants') as number,
    isRecorded: attributes.oneOf('record') === 'record-from-start',
    trimSilence: attributes.oneOf('trim') === 'trim-silence',
    coach: attributes.url('coach'),
    label: attributes.url('participantLabel'),
    jitterBuffer: attributes.oneOf('jitterBufferSize') as ConferenceNoun['jitterBuffer'],
    statusCallback: eventCallback(attributes, 'statusCallback'),
    recordingStatusCallback: eventCallback(attributes, 'recordingStatusCallback'),
  }
}

function queue(element: XmlElement, attributes: Attributes): QueueNoun {
  const name = element.text.trim()
  if (name === '' || name.length > 64) {
    throw new DocumentProblem(14204, '<Queue> must have a name of 1 to 64 characters', element.line)
  }
  return { name, whisper: callback(attributes, 'url', 'method') }
}

function party(noun: DialParty['noun'], element: XmlElement, attributes: Attributes): DialParty {
  const isPhone = noun === 'Number' || noun === 'Sip'
  return {
    noun,
    address: (childOf(element, 'Identity', 'ApplicationSid')?.text ?? element.text).trim(),
    sendDigits: isPhone ? attributes.digits('sendDigits') : undefined,
    username: attributes.url('username'),
    password: attributes.url('password'),
    places: element.children.filter(({ name }) => name === 'Uri').map(place),
    parameters: parametersOf(element),
    screening: callback(attributes, 'url', 'method'),
    statusCallback: eventCallback(attributes, 'statusCallback'),
    machineDetection: isPhone ? machineDetection(attributes) : undefined,
  }
}

function numberParty(address: string): DialParty {
  return {
    ...{ noun: 'Number', address, sendDigits: undefined, username: undefined },
    ...{ password: undefined, places: [], parameters: [], screening: undefined },
    ...{ statusCallback: undefined, machineDetection: undefined },
  }
}

function childOf(element: XmlElement, ...names: readonly string[]): XmlElement | undefined {
  return element.children.find(({ name }) => names.includes(name))
}

function place(element: XmlElement): SipPlace {
  const schema = schemaOf('Uri')
  if (!schema) throw new Error('no schema of Uri')
  const attributes = new Attributes(element, schema)
  return {
    address: element.text.trim(),
    username: attributes.url('username'),
    password: attributes.url('password'),
    priority: attributes.integer('priority') as number,
    weight: attributes.integer('weight') as number,
  }
}

function parametersOf(element: XmlElement): (readonly [name: string, value: string])[] {
  const holder = childOf(element, 'Headers') ?? element
  return holder.children
    .filter(({ name }) => name === 'Header' || name === 'Parameter')
    .map(({ attributes }) => [attributes.get('name') ?? '', attributes.get('value') ?? ''])
}

function machineDetection(attributes: Attributes): MachineDetection | undefined {
  const mode = attributes.oneOf('machineDetection') as MachineDetection['mode'] | undefined
  if (mode === undefined) return undefined
  return {
    mode,
    timeoutMs: (attributes.integer('machineDetectionTimeout') as number) * 1000,
    speechThresholdMs: attributes.integer('machineDetectionSpeechThreshold') as number,
    speechEndThresholdMs: attributes.integer('machineDetectionSpeechEndThreshold') as number,
    silenceTimeoutMs: attributes.integer('machineDetectionSilenceTimeout') as number,
    statusCallback: callback(attributes, 'amdStatusCallback', 'amdStatusCallbackMethod'),
  }
}
