import { Attributes } from './attributes.js'
import { DocumentProblem, type DocumentWarning } from './document-error.js'
import type {
  Dial,
  DialTarget,
  Gather,
  Instruction,
  Pause,
  Play,
  Prompt,
  Record,
  Refer,
  Say,
} from './instruction.js'
import type { XmlElement } from './xml.js'

type VerbParser = (element: XmlElement, attributes: Attributes, w: DocumentWarning[]) => Instruction

const digitsPattern = /^[0-9A-Da-d#*wW]{0,128}$/
const finishKeysPattern = /^[0-9*#]*$/

/** Known to the language, carried out by a later version: a clear error instead of silence. */
const laterVerbs = new Set([
  'Connect',
  'Echo',
  'Enqueue',
  'Leave',
  'Message',
  'Pay',
  'Prompt',
  'Sms',
  'Start',
  'Stop',
])

const laterNouns = new Set([
  'Application',
  'Conference',
  'Queue',
  'Sim',
  'WhatsApp',
  'Room',
  'Conversation',
])

export function parseVerb(element: XmlElement, warnings: DocumentWarning[]): Instruction {
  const parser = verbParsers[element.name]
  if (!parser) {
    const why = laterVerbs.has(element.name)
      ? `<${element.name}> is not supported by this version`
      : `<${element.name}> is not a verb`
    throw new DocumentProblem(12200, why, element.line)
  }
  return parser(element, new Attributes(element, warnings), warnings)
}

const verbParsers: { readonly [verb: string]: VerbParser | undefined } = {
  Say: parseSay,
  Play: parsePlay,
  Pause: parsePause,
  Gather: parseGather,
  Record: parseRecord,
  Redirect: (element, attributes) => ({
    verb: 'Redirect',
    url: element.text.trim(),
    method: attributes.method('method'),
  }),
  Hangup: () => ({ verb: 'Hangup' }),
  Reject: (_element, attributes) => ({
    verb: 'Reject',
    reason: attributes.oneOf('reason', ['rejected', 'busy'], 'rejected'),
  }),
  Dial: parseDial,
  Refer: parseRefer,
}

function parseSay(element: XmlElement, attributes: Attributes): Say {
  const text = spokenText(element).replace(/\s+/g, ' ').trim()
  if (text.length > 4096) {
    throw new DocumentProblem(13520, '<Say>: text is longer than 4096 characters', element.line)
  }
  const say: Say = {
    verb: 'Say',
    text,
    voice: attributes.text('voice'),
    language: attributes.text('language'),
    loop: attributes.integer('loop', 1, 0, 1000),
  }
  attributes.finish()
  return say
}

/** Elements of SSML that part words; what is in the others is part of the sentence. */
const parting = new Set(['break', 'p', 's'])

function spokenText(element: XmlElement): string {
  const parts = element.content.map((part) => {
    if (typeof part === 'string') return part
    if (part.name === 'sub') return part.attributes.get('alias') ?? spokenText(part)
    return parting.has(part.name) ? ` ${spokenText(part)} ` : spokenText(part)
  })
  return parts.join('')
}

function parsePlay(element: XmlElement, attributes: Attributes): Play {
  const digits = attributes.text('digits')
  if (digits !== undefined && !digitsPattern.test(digits)) {
    throw new DocumentProblem(
      13420,
      `<Play>: digits="${digits}" may hold 0-9 A-D # * w W`,
      element.line,
    )
  }
  const play: Play = {
    verb: 'Play',
    url: element.text.trim() || undefined,
    digits,
    loop: attributes.integer('loop', 1, 0, 1000),
  }
  attributes.finish()
  return play
}

function parsePause(_element: XmlElement, attributes: Attributes): Pause {
  return { verb: 'Pause', lengthMs: attributes.seconds('length', 1, 0, 86_400) }
}

function parseGather(
  element: XmlElement,
  attributes: Attributes,
  warnings: DocumentWarning[],
): Gather {
  const input = attributes.words('input').filter((word) => word === 'dtmf' || word === 'speech')
  const finishOnKey = attributes.text('finishOnKey') ?? '#'
  const gather: Gather = {
    verb: 'Gather',
    input: input.length > 0 ? (input as Gather['input']) : ['dtmf'],
    action: attributes.url('action'),
    method: attributes.method('method'),
    timeoutMs: attributes.seconds('timeout', 5, 0, 3_600),
    finishOnKey: /^[0-9*#]?$/.test(finishOnKey) ? finishOnKey : '#',
    numDigits: attributes.integer('numDigits', Number.POSITIVE_INFINITY, 1, 1000),
    actionOnEmptyResult: attributes.boolean('actionOnEmptyResult', false),
    prompts: element.children.map((child) => {
      const prompt = ['Say', 'Play', 'Pause'].includes(child.name) && parseVerb(child, warnings)
      if (prompt) return prompt as Prompt
      throw new DocumentProblem(
        12200,
        `<Gather> may hold Say, Play and Pause, not <${child.name}>`,
        child.line,
      )
    }),
  }
  // Attributes of speech recognition are accepted; without an engine they have no effect.
  attributes.finish([
    'speechTimeout',
    'partialResultCallback',
    'partialResultCallbackMethod',
    'language',
    'hints',
    'profanityFilter',
    'speechModel',
    'enhanced',
    'bargeIn',
    'maxSpeechTime',
    'debug',
  ])
  return gather
}

function parseRecord(_element: XmlElement, attributes: Attributes): Record {
  const transcribe = attributes.boolean('transcribe', false)
  const finishOnKey = attributes.text('finishOnKey') ?? '1234567890*#'
  const events = attributes.words('recordingStatusCallbackEvent')
  const record: Record = {
    verb: 'Record',
    action: attributes.url('action'),
    method: attributes.method('method'),
    timeoutMs: attributes.seconds('timeout', 5, 0, 3_600),
    finishOnKey: finishKeysPattern.test(finishOnKey) ? finishOnKey : '1234567890*#',
    maxLengthMs: attributes.seconds('maxLength', transcribe ? 120 : 3_600, 1, 14_400),
    playBeep: attributes.boolean('playBeep', true),
    trimSilence:
      attributes.oneOf('trim', ['trim-silence', 'do-not-trim'], 'trim-silence') === 'trim-silence',
    recordingStatusCallback: attributes.url('recordingStatusCallback'),
    recordingStatusCallbackMethod: attributes.method('recordingStatusCallbackMethod'),
    recordingStatusCallbackEvents: events.length > 0 ? events : ['completed'],
  }
  attributes.finish(['transcribeCallback', 'recordingConfigurationId'])
  return record
}

function parseDial(element: XmlElement, attributes: Attributes, warnings: DocumentWarning[]): Dial {
  const nouns = element.children.map((child) => parseTarget(child, warnings))
  const number = element.text.trim()
  const dial: Dial = {
    verb: 'Dial',
    targets: nouns.length === 0 && number ? [target('Number', number)] : nouns,
    action: attributes.url('action'),
    method: attributes.method('method'),
    timeoutMs: attributes.seconds('timeout', 30, 5, 600),
    timeLimitMs: attributes.seconds('timeLimit', 14_400, 1, 86_400),
    callerId: attributes.url('callerId'),
    hangupOnStar: attributes.boolean('hangupOnStar', false),
    answerOnBridge: attributes.boolean('answerOnBridge', false),
    referUrl: attributes.url('referUrl'),
    referMethod: attributes.method('referMethod'),
  }
  if (dial.targets.length > 1) {
    throw new DocumentProblem(
      13000,
      '<Dial>: more than one noun is not supported by this version',
      element.line,
    )
  }
  attributes.finish(['ringTone', 'callReason', 'events', 'recordingConfigurationId'])
  return dial
}

function parseRefer(element: XmlElement, attributes: Attributes): Refer {
  const [sip, ...others] = element.children
  if (sip?.name !== 'Sip' || others.length > 0) {
    throw new DocumentProblem(32110, '<Refer> must hold one <Sip> with a SIP URI', element.line)
  }
  const refer: Refer = {
    verb: 'Refer',
    target: sip.text.trim(),
    action: attributes.url('action'),
    method: attributes.method('method'),
  }
  attributes.finish()
  return refer
}

function parseTarget(element: XmlElement, warnings: DocumentWarning[]): DialTarget {
  const { name: noun, line } = element
  if (noun !== 'Number' && noun !== 'Sip' && noun !== 'Client') {
    const why = laterNouns.has(noun) ? 'is not supported by this version' : 'is not a noun of Dial'
    throw new DocumentProblem(13000, `<Dial>: <${noun}> ${why}`, line)
  }
  const attributes = new Attributes(element, warnings)
  const events = attributes.words('statusCallbackEvent')
  const parsed: DialTarget = {
    ...target(noun, element.text.trim()),
    sendDigits: attributes.digits('sendDigits'),
    username: attributes.url('username'),
    password: attributes.url('password'),
    statusCallback: attributes.url('statusCallback'),
    statusCallbackMethod: attributes.method('statusCallbackMethod'),
    statusCallbackEvents: events.length > 0 ? events : ['completed'],
  }
  attributes.finish()
  return parsed
}

function target(noun: DialTarget['noun'], address: string): DialTarget {
  return {
    noun,
    address,
    sendDigits: undefined,
    username: undefined,
    password: undefined,
    statusCallback: undefined,
    statusCallbackMethod: 'POST',
    statusCallbackEvents: ['completed'],
  }
}
