import { Attributes, checkAttributes } from './attributes.js'
import { checkChildren } from './check-children.js'
import { DocumentProblem, type DocumentWarning } from './document-error.js'
import type { Gather, Instruction, Pause, Play, Prompt, Record, Refer, Say } from './instruction.js'
import { parseDial } from './parse-dial.js'
import { parseEnqueue } from './parse-enqueue.js'
import { verbs } from './schema-verbs.js'
import type { XmlElement } from './xml.js'

type VerbParser = (element: XmlElement, attributes: Attributes, w: DocumentWarning[]) => Instruction

const digitsPattern = /^[0-9A-Da-d#*wW]{0,128}$/
const finishKeysPattern = /^[0-9*#]*$/

export function parseVerb(element: XmlElement, warnings: DocumentWarning[]): Instruction {
  const { name, line } = element
  const schema = Object.hasOwn(verbs, name) ? verbs[name] : undefined
  const parser = verbParsers[name]
  if (!schema) throw new DocumentProblem(12200, `<${name}> is not a verb`, line)
  if (!parser) throw new DocumentProblem(12200, `<${name}> is not supported by this version`, line)
  if (!structured.has(name)) checkChildren(element, schema, warnings)
  checkAttributes(element, schema, warnings)
  return parser(element, new Attributes(element, schema), warnings)
}

/** What is in these decides what they do, and is parsed with them. */
const structured = new Set(['Dial', 'Gather', 'Refer'])

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
    reason: attributes.oneOf('reason') === 'busy' ? 'busy' : 'rejected',
  }),
  Dial: parseDial,
  Echo: () => ({ verb: 'Echo' }),
  Enqueue: parseEnqueue,
  Leave: () => ({ verb: 'Leave' }),
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
    loop: attributes.integer('loop') ?? 1,
  }
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
    loop: attributes.integer('loop') ?? 1,
  }
  return play
}

function parsePause(_element: XmlElement, attributes: Attributes): Pause {
  return { verb: 'Pause', lengthMs: attributes.milliseconds('length') }
}

function parseGather(
  element: XmlElement,
  attributes: Attributes,
  warnings: DocumentWarning[],
): Gather {
  const finishOnKey = attributes.text('finishOnKey') ?? '#'
  const gather: Gather = {
    verb: 'Gather',
    input: attributes.words('input') as Gather['input'],
    action: attributes.url('action'),
    method: attributes.method('method'),
    timeoutMs: attributes.milliseconds('timeout'),
    finishOnKey: /^[0-9*#]?$/.test(finishOnKey) ? finishOnKey : '#',
    numDigits: attributes.integer('numDigits') ?? Number.POSITIVE_INFINITY,
    actionOnEmptyResult: attributes.boolean('actionOnEmptyResult'),
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
  return gather
}

function parseRecord(_element: XmlElement, attributes: Attributes): Record {
  const transcribe = attributes.boolean('transcribe')
  const finishOnKey = attributes.text('finishOnKey') ?? '1234567890*#'
  const record: Record = {
    verb: 'Record',
    action: attributes.url('action'),
    method: attributes.method('method'),
    timeoutMs: attributes.milliseconds('timeout'),
    finishOnKey: finishKeysPattern.test(finishOnKey) ? finishOnKey : '1234567890*#',
    maxLengthMs: attributes.milliseconds('maxLength', transcribe ? 120 : 3_600),
    playBeep: attributes.boolean('playBeep'),
    trimSilence: attributes.oneOf('trim') === 'trim-silence',
    recordingStatusCallback: attributes.url('recordingStatusCallback'),
    recordingStatusCallbackMethod: attributes.method('recordingStatusCallbackMethod'),
    recordingStatusCallbackEvents: attributes.words('recordingStatusCallbackEvent'),
  }
  return record
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
  return refer
}
