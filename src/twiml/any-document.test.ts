import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseDocument } from './parse.js'
import { elements, verbs } from './schema-verbs.js'

const names = Object.keys(elements).map((name) => name.replace(/^.*\//, ''))
const attributeNames = [
  ...new Set(Object.values(elements).flatMap(({ attributes }) => Object.keys(attributes))),
]

interface Tree {
  readonly name: string
  readonly attributes: readonly (readonly [name: string, value: string])[]
  readonly text: string
  readonly children: readonly Tree[]
}

const text = fc.string({ unit: 'grapheme', maxLength: 40 })
const value = fc.oneof(
  text,
  fc.integer({ min: -5, max: 2 ** 33 }).map(String),
  fc.constantFrom('', 'true', 'POST', '#', '12w', 'https://example.com/x', '{From}', 'completed'),
)

/** Elements of the language, anywhere, with attributes of any other. */
function treeOf(
  children: fc.Arbitrary<readonly Tree[]>,
  of: readonly string[] = names,
): fc.Arbitrary<Tree> {
  return fc.record({
    name: fc.constantFrom(...of),
    attributes: fc.uniqueArray(fc.tuple(fc.constantFrom(...attributeNames), value), {
      maxLength: 6,
      selector: ([name]) => name,
    }),
    text,
    children,
  })
}

const leaf = treeOf(fc.constant([]))
const branch = treeOf(fc.array(leaf, { maxLength: 3 }))
const carriedOut = Object.keys(verbs).filter((name) => !verbs[name]?.isLater)
const tree = treeOf(fc.array(branch, { maxLength: 3 }), carriedOut)

const escapes: Readonly<Record<string, string>> = { '<': '&lt;', '&': '&amp;', '"': '&quot;' }
const escaped = (plain: string) => plain.replace(/[<&"]/g, (one) => escapes[one] ?? one)

function written({ name, attributes, text: inner, children }: Tree): string {
  const list = attributes.map(([key, of]) => ` ${key}="${escaped(of)}"`).join('')
  return `<${name}${list}>${escaped(inner)}${children.map(written).join('')}</${name}>`
}

describe('any document', () => {
  it('of known elements is carried out, or refused with a code and a line', () => {
    fc.assert(
      fc.property(fc.array(tree, { maxLength: 4 }), (verbs) => {
        const body = `<Response>${verbs.map(written).join('\n')}</Response>`
        const program = parseDocument({ contentType: 'text/xml', body })
        if (program.ok) {
          // What is carried out later is stored as JSON, but for a limit that is none.
          expect(JSON.parse(JSON.stringify(program.value.instructions))).toHaveLength(verbs.length)
          for (const { errorCode } of program.value.warnings) {
            // Some warnings have a number of their own.
            expect([12200, 13338]).toContain(errorCode)
          }
          return
        }
        expect(program.problem.errorCode).toBeGreaterThanOrEqual(12100)
        expect(program.problem.message).not.toBe('')
      }),
      { numRuns: 2_000 },
    )
  })

  it('of any bytes is carried out, spoken or refused', () => {
    const types = ['text/xml', 'text/html', 'text/plain', 'application/json', 'image/png', '']
    fc.assert(
      fc.property(fc.constantFrom(...types), fc.string({ maxLength: 400 }), (contentType, body) => {
        const program = parseDocument({ contentType, body })
        if (!program.ok) expect(program.problem.errorCode).toBeGreaterThanOrEqual(12100)
      }),
      { numRuns: 2_000 },
    )
  })
})
