import { checkAttributes } from './attributes.js'
import type { DocumentWarning } from './document-error.js'
import type { ElementSchema } from './schema.js'
import { schemaOf } from './schema-verbs.js'
import type { XmlElement } from './xml.js'

/** Warns of elements that are not known here, and of their attributes; what they hold is read as text. */
export function checkChildren(
  element: XmlElement,
  { children, isLater }: ElementSchema,
  warnings: DocumentWarning[],
): void {
  for (const child of element.children) {
    const { name, line } = child
    const schema = children.includes(name) ? schemaOf(name, element.name) : undefined
    const warn = (why: string) =>
      warnings.push({ errorCode: 12200, message: `<${element.name}>: <${name}> ${why}`, line })
    if (!schema) warn('is not known here and has no effect')
    else if (schema.isLater && !isLater) warn('has no effect in this version')
    else {
      checkAttributes(child, schema, warnings)
      checkChildren(child, schema, warnings)
    }
  }
}
