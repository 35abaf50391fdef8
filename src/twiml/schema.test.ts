import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parseDocument } from './parse.js'
import type { AttributeSchema } from './schema.js'
import { elements, schemaOf, verbs } from './schema-verbs.js'

interface Contract {
  readonly types: Readonly<Record<string, string>>
  readonly ifs: Readonly<Record<string, readonly { readonly n: string; readonly t: string }[]>>
  readonly classes: Readonly<Record<string, { readonly kids: readonly string[] }>>
}

const file = resolve(import.meta.dirname, '../../../shared/contract/twiml.json')
const contract = existsSync(file)
  ? (JSON.parse(readFileSync(file, 'utf8')) as { readonly V: Contract; readonly M: Contract })
  : undefined

/** What a class of the SDK is called in a document. */
function keyOf(className: string): string {
  const special: Record<string, string> = {
    ReferSip: 'Refer/Sip',
    SipUri: 'Uri',
    SsmlSayAs: 'say-as',
  }
  return special[className] ?? className.replace(/^Ssml(.)/, (_all, letter) => letter.toLowerCase())
}

/** The values of an enumeration; undefined: any text, or too many to be listed. */
function valuesOf(type: string, { types }: Contract): string[] | undefined {
  const union = types[type.replace('[]', '')]
  const values = union?.split('|').map((value) => value.trim().replace(/"/g, ''))
  return values && values.length <= 60 ? values : undefined
}

function suits(schema: AttributeSchema, type: string, values: readonly string[] | undefined) {
  if (type === 'boolean') return schema.type === 'boolean'
  if (type === 'number') return schema.type === 'integer' || schema.type === 'seconds'
  if (type === 'number[]') return schema.type === 'words'
  if (values?.join() === 'GET,POST') return schema.type === 'method'
  if (!values || 'values' in schema === false)
    return ['text', 'url', 'digits', 'keys', 'method', 'oneOf', 'integer'].includes(schema.type)
  const known = 'values' in schema ? schema.values : []
  return values.every((value) => known.includes(value))
}

describe.skipIf(!contract)('the schema', () => {
  const all = contract ? [contract.V, contract.M] : []
  const classes = all.flatMap((part) =>
    Object.entries(part.classes)
      .filter(([name]) => !name.endsWith('Response'))
      .map(([name, { kids }]) => ({ part, name, kids, key: keyOf(name) })),
  )

  it.each(classes)('has $key with all that may be in it', ({ kids, key }) => {
    const schema = elements[key]
    expect(schema).toBeDefined()
    for (const kid of kids) expect(schema?.children).toContain(kid)
  })

  it.each(classes)('has every attribute of $key, with its values', ({ part, name, key }) => {
    for (const { n: attribute, t: type } of part.ifs[`${name}Attributes`] ?? []) {
      const schema = elements[key]?.attributes[attribute]
      expect(schema, attribute).toBeDefined()
      if (schema) expect(suits(schema, type, valuesOf(type, part)), attribute).toBe(true)
    }
  })
})

/** Values beyond what an attribute takes, each with the value that counts instead ('': the default). */
function wrongValues(
  schema: AttributeSchema,
): readonly (readonly [wrong: string, instead: string])[] {
  switch (schema.type) {
    case 'integer':
    case 'seconds': {
      const { min, max } = schema
      const below = min > 0 ? [[String(min - 1), String(min)] as const] : []
      return [...below, [String(max + 1), String(max)], ['-1', ''], ['1.5', ''], ['many', '']]
    }
    case 'boolean':
    case 'method':
    case 'oneOf':
    case 'words':
      return [['n/a', '']]
    case 'keys':
      return [
        ['x', schema.normal],
        ['1'.repeat(schema.max + 1), schema.normal],
      ]
    case 'names':
      return [
        ['nothing', ''],
        [`${schema.known[0]}=From`, ''],
      ]
    case 'digits':
      return [
        ['n/a', ''],
        ['1'.repeat(129), ''],
      ]
    default:
      return []
  }
}

/** The default, the limits, and each value of an enumeration. */
function rightValues(schema: AttributeSchema): string[] {
  switch (schema.type) {
    case 'integer':
    case 'seconds': {
      const { min, max, normal } = schema
      return [min, max, ...(normal === undefined ? [] : [normal])].map(String)
    }
    case 'boolean':
      return ['true', 'false', 'TRUE']
    case 'method':
      return ['get', 'POST']
    case 'oneOf':
      return [...schema.values]
    case 'words':
      return [...schema.values, schema.values.join(' ')]
    case 'keys':
      return ['', '#', '1234567890*#'.slice(0, schema.max)]
    case 'names':
      return [`${schema.known[0]}=other`, schema.known.map((name, i) => `${name}=p${i}`).join(' ')]
    case 'digits':
      return ['1w#', '1'.repeat(128)]
    default:
      return ['https://example.com/x']
  }
}

const bodies: Readonly<Record<string, string>> = {
  Say: 'x',
  Play: 'a.mp3',
  Dial: '+15550100',
  Enqueue: 'support',
  Start: '<Recording/>',
  Refer: '<Sip>sip:a@b.example</Sip>',
  Number: '+15550100',
  Sip: 'sip:a@b.example',
  Client: 'alice',
  Conference: 'room',
  Application: '<ApplicationSid>AP1</ApplicationSid>',
  Queue: 'support',
  Sms: 'hi',
  Message: 'hi',
}
const carriedOut = Object.entries(verbs).filter(([, { isLater }]) => !isLater)
const rows = [
  ...carriedOut.map(([name, schema]) => ({ name, schema, wrap: '' })),
  ...['Number', 'Sip', 'Client', 'Conference', 'Queue', 'Application'].map((name) => ({
    name,
    schema: schemaOf(name, 'Dial'),
    wrap: 'Dial',
  })),
  { name: 'Recording', schema: schemaOf('Recording'), wrap: 'Start' },
].flatMap(({ name, schema, wrap }) =>
  Object.entries(schema?.attributes ?? {}).map(([attribute, of]) => ({
    name,
    wrap,
    attribute,
    of,
  })),
)

function parsed(name: string, wrap: string, attribute: string, value: string) {
  const element = `<${name} ${attribute}="${value}">${bodies[name] ?? ''}</${name}>`
  const body = wrap === '' ? element : `<${wrap}>${element}</${wrap}>`
  return parseDocument({ contentType: 'text/xml', body: `<Response>${body}</Response>` })
}

function warningsFor(...given: Parameters<typeof parsed>): string[] {
  const program = parsed(...given)
  if (!program.ok) return [program.problem.message]
  return program.value.warnings.map(({ message }) => message)
}

function instructionsFor(...given: Parameters<typeof parsed>) {
  const program = parsed(...given)
  return program.ok && program.value.instructions
}

describe('each attribute', () => {
  it.each(rows)(
    '$name $attribute at its default and its limits',
    ({ name, wrap, attribute, of }) => {
      const isWithout = schemaOf(name, wrap)?.without.has(attribute)
      for (const value of rightValues(of)) {
        const warnings = warningsFor(name, wrap, attribute, value)
        if (isWithout) expect(warnings.join()).toMatch(/^$|has no effect in this version/)
        else expect(warnings, value).toEqual([])
      }
      expect(warningsFor(name, wrap, attribute, '')).toEqual([])
    },
  )

  const bounded = rows.filter(({ of }) => wrongValues(of).length > 0)
  it.each(bounded)('$name $attribute beyond them', ({ name, wrap, attribute, of }) => {
    for (const [wrong, instead] of wrongValues(of)) {
      expect(warningsFor(name, wrap, attribute, wrong), wrong).toMatchObject([
        expect.stringMatching(`^<${name}>: ${attribute}=`),
      ])
      const program = parsed(name, wrap, attribute, wrong)
      if (!program.ok) {
        // A Play of what cannot be played is an error of its own.
        expect({ name, ...program.problem }).toMatchObject({ name: 'Play', errorCode: 13420 })
        continue
      }
      expect(program.value.instructions, wrong).toEqual(
        instructionsFor(name, wrap, attribute, instead),
      )
    }
  })

  it('that nobody knows, and elements that nobody knows, are warned of', () => {
    expect(warningsFor('Say', '', 'colour', 'red').join()).toMatch(/colour is not known/)
    const body =
      '<Response><Say>a<prosody rate="fast" speed="2">b</prosody><blink/></Say><Dial><Sip>sip:a@b<Url/></Sip></Dial></Response>'
    const program = parseDocument({ contentType: 'text/xml', body })
    expect(program.ok && program.value.warnings.map(({ message }) => message)).toEqual([
      '<prosody>: attribute speed is not known here and has no effect',
      '<Say>: <blink> is not known here and has no effect',
      '<Sip>: <Url> is not known here and has no effect',
    ])
  })
})

describe('verbs of later versions', () => {
  const later = Object.entries(verbs).filter(([, { isLater }]) => isLater)
  it.each(later)('%s says so', (name) => {
    const body = `<Response><${name}/></Response>`
    const program = parseDocument({ contentType: 'text/xml', body })
    expect(program).toMatchObject({
      ok: false,
      problem: { errorCode: 12200, message: `<${name}> is not supported by this version` },
    })
  })
})
