import type { WebhookResponse } from '../webhook/client.js'

type Answer = Pick<WebhookResponse, 'body' | 'charset' | 'contentType'>

/**
 * The text of an answer: a byte order mark counts most, then the charset of the Content-Type, then what an
 * XML declaration says, else it is UTF-8 (RFC 7303 §3). What is not valid there becomes U+FFFD.
 */
export function documentText({ body, charset, contentType }: Answer): string {
  const marked = markedCharset(body)
  if (marked !== undefined) return new TextDecoder(marked).decode(body)
  try {
    return new TextDecoder(charset ?? declaredCharset(body, contentType)).decode(body)
  } catch {
    // A charset that nobody knows.
    return body.toString('utf8')
  }
}

function markedCharset([first, second, third]: Buffer): string | undefined {
  if (first === 0xfe && second === 0xff) return 'utf-16be'
  if (first === 0xff && second === 0xfe) return 'utf-16le'
  return first === 0xef && second === 0xbb && third === 0xbf ? 'utf-8' : undefined
}

const declaration = /^\s*<\?xml\s[^>]{0,100}?\bencoding\s*=\s*["']([\w.:-]{1,40})["']/

function declaredCharset(body: Buffer, contentType: string): string {
  if (contentType === 'application/json') return 'utf-8'
  const [, name = 'utf-8'] = declaration.exec(body.toString('latin1', 0, 200)) ?? []
  // One that can be read here byte by byte is no UTF-16, whatever it says.
  return /^utf-?16/i.test(name) ? 'utf-8' : name
}
