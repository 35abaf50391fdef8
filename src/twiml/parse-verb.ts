import { Attributes, checkAttributes } from './attributes.js'
import { checkChildren } from './check-children.js'
import { DocumentProblem, type DocumentWarning } from './document-error.js'
import type { Instruction, Pause, Play, Refer, Say } from './instruction.js'
import { parseDial } from './parse-dial.js'
import { parseEnqueue } from './parse-enqueue.js'
import { parseGather } from './parse-gather.js'
import { parseMessage, parseSms } from './parse-message.js'
import { parseRecord } from './parse-record.js'
import { parseStart } from './parse-start.js'
import { verbs } from './schema-verbs.js'
import { spokenSentences, spokenText } from './spoken.js'
import type { XmlElement } from './xml.js'

type VerbParser = (element: XmlElement, attributes: Attributes, w: DocumentWarning[]) => Instruction

const digitsPattern = /^[0-9A-Da-d#*wW]{0,128}$/

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
const structured = new Set(['Dial', 'Gather', 'Refer', 'Start'])

const verbParsers: { readonly [verb: string]: VerbParser | undefined } = {
  Say: parseSay,
  Play: parsePlay,
  Pause: parsePause,
  Gather: (element, attributes, warnings) => parseGather(element, attributes, warnings, parseVerb),
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
  Sms: parseSms,
  Message: parseMessage,
  Start: parseStart,
}

function parseSay(element: XmlElement, attributes: Attributes): Say {
  const text = spokenText(element).replace(/\s+/g, ' ').trim()
  if (text.length > 4096) {
    throw new DocumentProblem(13520, '<Say>: text is longer than 4096 characters', element.line)
  }
  const say: Say = {
    verb: 'Say',
    text,
    sentences: spokenSentences(element),
    voice: attributes.text('voice'),
    language: attributes.text('language'),
    loop: attributes.integer('loop') ?? 1,
  }
  return say
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
