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
    return ['text', 'url', 'digits', 'method', 'oneOf', 'integer'].includes(schema.type)
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

/** One value beyond what an attribute takes; undefined: it takes anything. */
function wrongValue(schema: AttributeSchema): string | undefined {
  switch (schema.type) {
    case 'integer':
    case 'seconds':
      return String(schema.max + 1)
    case 'boolean':
    case 'method':
    case 'oneOf':
    case 'words':
    case 'digits':
      return 'n/a'
    default:
      return undefined
  }
}

function rightValue(schema: AttributeSchema): string {
  switch (schema.type) {
    case 'integer':
    case 'seconds':
      return String(schema.max)
    case 'boolean':
      return 'true'
    case 'method':
      return 'get'
    case 'oneOf':
    case 'words':
      return schema.values.at(-1) ?? ''
    case 'digits':
      return '1w#'
    default:
      return 'https://example.com/x'
  }
}

const bodies: Readonly<Record<string, string>> = {
  Say: 'x',
  Play: 'a.mp3',
  Dial: '+15550100',
  Enqueue: 'support',
  Refer: '<Sip>sip:a@b.example</Sip>',
  Number: '+15550100',
  Sip: 'sip:a@b.example',
  Client: 'alice',
  Conference: 'room',
  Application: '<ApplicationSid>AP1</ApplicationSid>',
  Queue: 'support',
}
const carriedOut = Object.entries(verbs).filter(([, { isLater }]) => !isLater)
const rows = [
  ...carriedOut.map(([name, schema]) => ({ name, schema, wrap: '' })),
  ...['Number', 'Sip', 'Client', 'Conference', 'Queue', 'Application'].map((name) => ({
    name,
    schema: schemaOf(name, 'Dial'),
    wrap: 'Dial',
  })),
].flatMap(({ name, schema, wrap }) =>
  Object.entries(schema?.attributes ?? {}).map(([attribute, of]) => ({
    name,
    wrap,
    attribute,
    of,
  })),
)

function warningsFor(name: string, wrap: string, attribute: string, value: string): string[] {
  const element = `<${name} ${attribute}="${value}">${bodies[name] ?? ''}</${name}>`
  const body = wrap === '' ? element : `<${wrap}>${element}</${wrap}>`
  const program = parseDocument({ contentType: 'text/xml', body: `<Response>${body}</Response>` })
  if (!program.ok) return [program.problem.message]
  return program.value.warnings.map(({ message }) => message)
}

describe('each attribute', () => {
  it.each(rows)('$name $attribute', ({ name, wrap, attribute, of }) => {
    const isWithout = schemaOf(name, wrap)?.without.has(attribute)
    const right = warningsFor(name, wrap, attribute, rightValue(of))
    if (isWithout) expect(right.join()).toMatch(/^$|has no effect in this version/)
    else expect(right).toEqual([])
    expect(warningsFor(name, wrap, attribute, '')).toEqual([])
    const wrong = wrongValue(of)
    if (wrong !== undefined) {
      expect(warningsFor(name, wrap, attribute, wrong)).toMatchObject([
        expect.stringMatching(`^<${name}>: ${attribute}=`),
      ])
    }
  })

  it('that nobody knows, and elements that nobody knows, are warned of', () => {
    expect(warningsFor('Say', '', 'colour', 'red').join()).toMatch(/colour is not known/)
    const body =
      '<Response><Say>a<prosody rate="fast" speed="2">b</prosody><blink/></Say><Dial><Sip>sip:a@b<Url/></Sip></Dial></Response>'
    const program = parseDocument({ contentType: 'text/xml', body })
    expect(program.ok && program.value.warnings.map(({ message }) => message)).toEqual([
      '<prosody>: rate has no effect in this version',
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
