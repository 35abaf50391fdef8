type Value = string | number | boolean | null | undefined | readonly Value[] | object

/** A resource as XML: `<TwilioResponse><Call><Sid>…`. */
export function xmlDocument(name: string, resource: object): string {
  return wrap(element(name, resource))
}

/** A list as XML, with the paging as attributes of the list (contract 2F.1). */
export function xmlList(
  listName: string,
  itemName: string,
  items: readonly object[],
  paging: { readonly [name: string]: string | number | null },
): string {
  const attributes = Object.entries(paging)
    .map(([name, value]) => ` ${name.replaceAll('_', '')}="${escapeXml(String(value ?? ''))}"`)
    .join('')
  const body = items.map((item) => element(itemName, item)).join('')
  return wrap(`<${listName}${attributes}>${body}</${listName}>`)
}

function wrap(body: string): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n<TwilioResponse>${body}</TwilioResponse>`
}

function element(name: string, value: Value): string {
  if (value === null || value === undefined || value === '') return `<${name}/>`
  return `<${name}>${content(value)}</${name}>`
}

function content(value: Exclude<Value, null | undefined>): string {
  if (typeof value !== 'object') return escapeXml(String(value))
  return Object.entries(value)
    .map(([key, child]) => element(camelCase(key), child as Value))
    .join('')
}

/** phone_number_sid → PhoneNumberSid */
export function camelCase(key: string): string {
  return key.replace(/(^|_)([a-z])/g, (_all, _separator, letter: string) => letter.toUpperCase())
}

/** What XML 1.0 §2.2 cannot hold, not even escaped, and other control characters. */
const notInXml = /[^\P{Cc}\t\n\r]|\p{Cs}|[\ufffe\uffff]/gu

/** Whether a document can hold the text. */
export function isXmlText(text: string): boolean {
  return text.search(notInXml) === -1
}

function escapeXml(text: string): string {
  return text
    .replace(notInXml, '\ufffd')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
}
