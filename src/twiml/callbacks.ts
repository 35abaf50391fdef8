import type { Attributes } from './attributes.js'
import type { Callback, EventCallback } from './dial-instruction.js'

/** The callback of these attributes: `name`, `nameMethod`, `nameEvent`; undefined: there is no URL. */
export function eventCallback(attributes: Attributes, name: string): EventCallback | undefined {
  const url = attributes.url(name)
  const events = attributes.words(`${name}Event`)
  return url === undefined ? undefined : { url, method: attributes.method(`${name}Method`), events }
}

export function callback(
  attributes: Attributes,
  name: string,
  method: string,
): Callback | undefined {
  const url = attributes.url(name)
  return url === undefined ? undefined : { url, method: attributes.method(method) }
}
