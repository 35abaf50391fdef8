// The page docs/verbs-reference.md from the schema of the language: `node scripts/verbs-reference.mjs`
// writes it (after `npm run build`); a test compares the two.
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { elements } from '../dist/twiml/schema-verbs.js'

const page = fileURLToPath(new URL('../docs/verbs-reference.md', import.meta.url))

const head = `# Elements and attributes

Written by \`scripts/verbs-reference.mjs\` from \`src/twiml/schema-verbs.ts\`; [verbs.md](verbs.md) says what they do.
What is *later* is known and answers with an error (verbs, nouns) or a warning that it has no effect yet (attributes). An
attribute that is not here, or has a value that is not, is a warning (12200); its default holds, or the nearest limit.
`

export function verbsReference() {
  const sections = Object.entries(elements).map(([name, schema]) => section(name, schema))
  return `${[head, ...sections].join('\n')}`
}

function section(name, { attributes, children, isLater, without }) {
  const lines = [`## ${name}${isLater ? ' (later)' : ''}`, '']
  if (children.length > 0) lines.push(`May hold ${children.join(', ')}.`, '')
  const rows = Object.entries(attributes)
  if (rows.length > 0) lines.push('| attribute | values | default | |', '|---|---|---|---|')
  for (const [attribute, schema] of rows) {
    const note = !isLater && without.has(attribute) ? 'later' : ''
    lines.push(`| \`${attribute}\` | ${valuesOf(schema)} | ${defaultOf(schema)} | ${note} |`)
  }
  if (rows.length > 0) lines.push('')
  return lines.join('\n')
}

function valuesOf(schema) {
  switch (schema.type) {
    case 'integer':
      return `${schema.min} to ${schema.max}`
    case 'seconds':
      return `${schema.min} to ${schema.max} s`
    case 'boolean':
      return 'true, false'
    case 'method':
      return 'GET, POST'
    case 'oneOf':
      return schema.values.join(', ')
    case 'words':
      return `some of ${schema.values.join(', ')}`
    case 'names':
      return `\`Name=new\` of ${schema.known.join(', ')}`
    case 'keys':
      return `at most ${schema.max} of 0-9 # *`
    case 'digits':
      return '0-9 A-D # * w W'
    case 'url':
      return 'URL'
    default:
      return 'text'
  }
}

function defaultOf({ normal }) {
  if (normal === undefined) return ''
  return Array.isArray(normal) ? normal.join(' ') : String(normal)
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(page, verbsReference())
