import { computeHa1 } from '../../src/base/digest.js'
import { answerChallenge, parseDigest } from '../../src/sip/digest.js'
import type { SipEngineConfig } from '../../src/sip/engine.js'
import { headerValues, type SipResponse } from '../../src/sip/message.js'
import { flowFrom, ScriptedPeer } from './scripted-peer.js'

export interface RegisterParts {
  readonly user?: string
  readonly domain?: string
  /** Contact values; none: a fetch. */
  readonly contacts?: readonly string[]
  readonly callId?: string
  readonly cseq?: number
  readonly headers?: readonly string[]
  readonly via?: string
  readonly branch?: string
}

/** A device that registers at one engine in virtual time; from 198.51.100.0/24 it is a stranger. */
export class RegisteringDevice extends ScriptedPeer {
  #cseq = 0
  #requests = 0

  constructor(config: Partial<SipEngineConfig> = {}) {
    super({ isOwnDomain: (domain) => domain === 'dialplane' || domain === '192.0.2.9', ...config })
    this.flow = flowFrom('192.0.2.1')
  }

  /** Sends a REGISTER; returns the last response. */
  register(parts: RegisterParts = {}): SipResponse {
    const { user = 'alice', domain = 'dialplane', headers = [] } = parts
    const { contacts = [`<sip:${user}@${this.flow.remoteAddress}>`] } = parts
    const transport = this.flow.transport.toUpperCase()
    const via = parts.via ?? `SIP/2.0/${transport} ${this.flow.remoteAddress}:5060;rport`
    const lines = [
      `REGISTER sip:${domain} SIP/2.0`,
      `Via: ${via};branch=${parts.branch ?? `z9hG4bKreg${++this.#requests}`}`,
      'Max-Forwards: 70',
      `From: <sip:${user}@${domain}>;tag=from`,
      `To: <sip:${user}@${domain}>`,
      `Call-ID: ${parts.callId ?? 'registration'}`,
      `CSeq: ${parts.cseq ?? ++this.#cseq} REGISTER`,
      ...contacts.map((contact) => `Contact: ${contact}`),
      ...headers,
      'Content-Length: 0',
      '',
      '',
    ]
    this.text(lines.join('\r\n'))
    return this.#lastResponse()
  }

  /** Registers with the answer to the challenge of a request before. */
  prove(parts: RegisterParts = {}, username = 'alice', challenged?: SipResponse): SipResponse {
    const response = challenged ?? this.register(parts)
    const authorization = this.authorization(response, username, parts.domain)
    const headers = [...(parts.headers ?? []), authorization]
    this.register({ ...parts, headers })
    this.answerQuestion()
    return this.#lastResponse()
  }

  authorization(
    challenged: SipResponse,
    username: string,
    domain = 'dialplane',
    request: { readonly method: string; readonly uri: string } = {
      method: 'REGISTER',
      uri: `sip:${domain}`,
    },
  ): string {
    const [value = ''] = headerValues(challenged.headers, 'WWW-Authenticate')
    const challenge = parseDigest(value)
    if (!challenge) throw new Error('no challenge')
    const credentials = { username, password: 'secret' }
    return `Authorization: ${answerChallenge(challenge, credentials, request, 'cnonce')}`
  }

  answerQuestion(): void {
    const question = this.events.findLast(({ type }) => type === 'ask')
    if (question?.type !== 'ask' || question.question.what !== 'credential')
      throw new Error('no question')
    const { realm, username, algorithm } = question.question
    const ha1 = computeHa1(algorithm, username, realm, 'secret')
    this.input({ type: 'answer', id: question.id, answer: { what: 'credential', ha1 } })
  }

  #lastResponse(): SipResponse {
    const last = this.sent.findLast(({ message }) => message.type === 'response')?.message
    if (last?.type !== 'response') throw new Error('no response')
    return last
  }

  /** Contacts of the address now, as the latest `bound` says. */
  bound(addressOfRecord = 'alice@dialplane'): string[] {
    const events = this.of('bound').filter((event) => event.addressOfRecord === addressOfRecord)
    return events.at(-1)?.bindings.map(({ contactUri }) => contactUri) ?? []
  }
}

export function contactsOf({ headers }: SipResponse): string[] {
  return headerValues(headers, 'Contact')
}
