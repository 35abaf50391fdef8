import { DeadlineQueue } from '../base/deadline-queue.js'
import type { DigestAlgorithm } from '../base/digest.js'
import type { Ids } from '../base/ids.js'
import type { Destination } from './dialog.js'
import type { Answer, Flow, Question, SipCounter, SipOutput, Target } from './events.js'

export interface SipLimits {
  readonly legsMax: number
  readonly transactionsMax: number
  readonly questionsMax: number
  /** Default: 100,000. */
  readonly bindingsMax?: number
  /** Default: 100,000. */
  readonly subscriptionsMax?: number
}

export interface SipConfig {
  readonly ids: Ids
  /** Digest realm of our challenges. */
  readonly realm: string
  readonly userAgent: string
  /** Of our challenges, best first (RFC 8760 §2.3): phones of old read only the first, or only MD5. */
  readonly digestAlgorithms: readonly DigestAlgorithm[]
  /** True where requests of this method for this domain need no digest. */
  isTrusted(flow: Flow, domain: string, method: string): boolean
  /** True for domains whose users register here. */
  isOwnDomain(domain: string): boolean
  /** The domain of the addresses of record of its users. Default: the realm, for all that are ours. */
  recordDomainOf?(domain: string): string
  /** What to write into Via and Contact toward this peer. */
  advertised(peer: Flow | Target): { readonly host: string; readonly port: number }
  readonly limits: SipLimits
  /** False: strangers are refused with 403 instead of being challenged. */
  readonly requireDigestForStrangers: boolean
  /** Methods named in Allow. */
  readonly allow: readonly string[]
}

export const defaultAllow = [
  'INVITE',
  'ACK',
  'BYE',
  'CANCEL',
  'OPTIONS',
  'INFO',
  'REGISTER',
  'PRACK',
  'UPDATE',
  'MESSAGE',
  'REFER',
  'SUBSCRIBE',
  'NOTIFY',
] as const

/** Something that waits for its time in the one deadline queue. */
export interface Timed {
  timeout(): void
}

const questionTimeoutMs = 4000

/** What every part of the engine shares: the time, the outputs, deadlines and open questions. */
export class Core {
  readonly config: SipConfig
  readonly deadlines = new DeadlineQueue<Timed>()
  /** Key of the To tags of answers that keep no state. */
  readonly tagKey: string
  readonly #questions = new Map<number, OpenQuestion>()
  #nowMs = 0
  #out: SipOutput[] = []
  #lastId = 0

  constructor(config: SipConfig) {
    this.config = config
    this.tagKey = config.ids.hex(16)
  }

  get nowMs(): number {
    return this.#nowMs
  }

  get openQuestions(): number {
    return this.#questions.size
  }

  begin(nowMs: number, out: SipOutput[]): void {
    this.#nowMs = nowMs
    this.#out = out
  }

  emit(output: SipOutput): void {
    this.#out.push(output)
  }

  count(counter: SipCounter): void {
    this.#out.push({ type: 'counted', counter })
  }

  nextId(): number {
    return ++this.#lastId
  }

  send(destination: Destination, bytes: Uint8Array, sendId = this.nextId()): void {
    this.#out.push({ type: 'send', sendId, bytes, ...destination })
  }

  /** `then` gets undefined when the question was refused, or not answered within 4 s. */
  ask(question: Question, then: (answer: Answer | undefined) => void): void {
    if (this.#questions.size >= this.config.limits.questionsMax) {
      this.count('questionTimeout')
      then(undefined)
      return
    }
    const id = this.nextId()
    const open: OpenQuestion = {
      what: question.what,
      then,
      timeout: () => {
        this.#questions.delete(id)
        this.count('questionTimeout')
        then(undefined)
      },
    }
    this.#questions.set(id, open)
    this.deadlines.set(open, this.#nowMs + questionTimeoutMs)
    this.emit({ type: 'ask', id, question })
  }

  answer(id: number, answer: Answer): void {
    const open = this.#questions.get(id)
    if (!open || open.what !== answer.what) return
    this.#questions.delete(id)
    this.deadlines.delete(open)
    open.then(answer)
  }
}

interface OpenQuestion extends Timed {
  readonly what: Question['what']
  readonly then: (answer: Answer | undefined) => void
}
