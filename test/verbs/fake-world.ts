import { VirtualClock } from '../../src/base/clock.js'
import { SeededIds } from '../../src/base/ids.js'
import type {
  DialOptions,
  DialOutcome,
  DigitCollector,
  Leg,
  PreparedPrompt,
  RecordOptions,
  RecordOutcome,
} from '../../src/verbs/leg.js'
import type {
  DocumentRequest,
  ProgramDocument,
  ProgramState,
} from '../../src/verbs/program-state.js'
import { callVerbs, type ProgramPorts, runProgram } from '../../src/verbs/run.js'
import { webhookErrors } from '../../src/webhook/webhook-error.js'

export interface Key {
  readonly atMs: number
  readonly digit: string
}

/** The world outside one call: what it holds survives the process that a test cuts off. */
export class FakeWorld {
  readonly clock = new VirtualClock(1_000_000)
  readonly documents = new Map<string, string | ((request: DocumentRequest) => string)>()
  /** Everything that happened outside, once per id. */
  readonly effects: string[] = []
  readonly requests: DocumentRequest[] = []
  readonly failures: number[] = []
  readonly played: string[] = []
  keys: readonly Key[] = []
  hangUpAtMs = Number.POSITIVE_INFINITY
  answered = false
  recordMs = 3_000
  /** How long the application takes. */
  answerMs = 0
  /** URLs of the requests whose answers were awaited. */
  readonly answeredUrls: string[] = []
  dialOutcome: Omit<DialOutcome, 'childSid'> = {
    status: 'completed',
    durationMs: 4_000,
    bridged: true,
  }
  /** Cut the process off when it stores its state for this time, counted from 1. */
  cutAt = Number.POSITIVE_INFINITY
  checkpoints = 0
  lastCheckpoint: string | undefined
  readonly #tokens = new Set<string>()
  readonly #recordings = new Map<string, RecordOutcome>()
  readonly #children = new Map<string, DialOutcome>()
  readonly #taken = new Set<Key>()
  #queued: Promise<void> = Promise.resolve()
  readonly #startMs = this.clock.nowMs()

  page(url: string, body: string | ((request: DocumentRequest) => string)): void {
    this.documents.set(url, body)
  }

  /** Runs a program to its end, or to the checkpoint where the process is cut off. */
  async run(start: ProgramState, seed = 7): Promise<string> {
    const stop = new AbortController()
    this.#queued = Promise.resolve()
    const cut = new Promise<string>((resolve) => {
      this.#cut = () => resolve('cut')
    })
    const hangUp = this.clock.sleep(Math.max(0, this.hangUpAtMs - this.#sinceMs())).then(() => {
      if (this.hangUpAtMs !== Number.POSITIVE_INFINITY) stop.abort({ type: 'hungUp' })
    })
    void hangUp
    const rules = {
      allowedVerbs: callVerbs,
      atEnd: 'hangUp' as const,
      fallback: { url: 'http://app/fallback', method: 'POST' as const },
    }
    const ended = runProgram(this.#leg(), start, rules, this.#ports(seed), stop.signal)
    let result: string | undefined
    void Promise.race([ended, cut]).then(
      (end) => {
        result = end
      },
      (error: unknown) => {
        result = `threw ${error}`
      },
    )
    for (let turn = 0; turn < 5_000 && result === undefined; turn++) await this.clock.advance(100)
    return result ?? 'stuck'
  }

  #cut: () => void = () => {}

  #sinceMs(): number {
    return this.clock.nowMs() - this.#startMs
  }

  #ports(seed: number): ProgramPorts {
    return {
      clock: this.clock,
      ids: new SeededIds(seed),
      prompts: {
        speech: async ({ runs }) => this.#prompt(`say ${runs.map(({ text }) => text).join('')}`),
        sound: async (url) => this.#prompt(`play ${url}`),
      },
      fetchDocument: async (request, signal) => {
        signal.throwIfAborted()
        const document = this.#fetch(request)
        if (this.answerMs > 0) await this.clock.sleep(this.answerMs, signal)
        this.answeredUrls.push(document.url ?? '')
        return document
      },
      checkpoint: async (state) => this.#store(state),
      save: (state) => this.#store(state),
      warned: () => {},
      failed: (error) => this.failures.push(error.errorCode),
    }
  }

  /** What is stored is durable; at the cut nothing of the process runs on. */
  #store(state: ProgramState): void {
    this.checkpoints++
    this.lastCheckpoint = JSON.stringify(state)
    if (this.checkpoints !== this.cutAt) return
    this.#cut()
    throw new Error('the process was cut off')
  }

  #prompt(name: string): PreparedPrompt & { name: string } {
    return { promptId: 1, durationMs: 1_000, release: () => {}, name }
  }

  #fetch(request: DocumentRequest): ProgramDocument {
    const url = request.url.startsWith('http')
      ? request.url
      : new URL(request.url, request.base).href
    if (!this.#tokens.has(request.token)) {
      this.#tokens.add(request.token)
      this.requests.push({ ...request, url })
      this.effects.push(
        `${request.method} ${url} ${new URLSearchParams(request.parameters as never)}`,
      )
    }
    const page = this.documents.get(url)
    if (page === undefined) throw webhookErrors.badStatus(url, 404)
    const body = typeof page === 'string' ? page : page({ ...request, url })
    return { url, contentType: 'text/xml', body: `<Response>${body}</Response>` }
  }

  #leg(): Leg {
    const world = this
    return {
      callSid: 'CA00000000000000000000000000000001',
      get isAnswered() {
        return world.answered
      },
      answer: async () => this.#once('answer', () => this.answered),
      ring: () => {},
      reject: (reason) => this.effects.push(`reject ${reason}`),
      hangUp: () => this.effects.push('hangUp'),
      play: (prompt, { offsetMs, loops }, signal) => {
        // Players of a leg queue.
        const playing = this.#queued.then(() => {
          this.played.push((prompt as PreparedPrompt & { name: string }).name)
          return this.clock.sleep(prompt.durationMs * loops - offsetMs, signal)
        })
        this.#queued = playing.catch(() => {})
        return playing
      },
      beep: (signal) => this.clock.sleep(200, signal),
      sendDigits: async (digits) => void this.effects.push(`digits ${digits}`),
      collect: () => this.#collect(),
      record: (options, signal) => this.#record(options, signal),
      dial: (options) => this.#dial(options),
      sendMessage: async ({ messageSid, to, body }) => {
        this.#onceFor(messageSid, `message ${to} ${body}`)
        return { status: 'failed' }
      },
      echo: async (signal) => {
        this.#onceFor('echo', 'echo')
        await this.clock.sleep(1e12, signal)
        throw new Error('it never ends by itself')
      },
      enqueue: async ({ name, enqueuedMs }, signal) => {
        this.#onceFor(`enqueue ${name} ${enqueuedMs}`, `enqueue ${name}`)
        await this.clock.sleep(4_000, signal).catch(() => {})
        const result = signal.aborted ? 'hangup' : 'bridged'
        return { result, queueSid: 'QU1', waitMs: this.clock.nowMs() - enqueuedMs }
      },
      dialQueue: async ({ queue, recording }) => {
        this.#onceFor(`queue ${recording?.recordingSid}`, `dial queue ${queue.name}`)
        await this.clock.sleep(4_000)
        const member = { callSid: 'CAmember', queueSid: 'QU1', waitMs: 2_000 }
        return { status: 'completed', durationMs: 4_000, bridged: true, member }
      },
      joinConference: async ({ conference }) => {
        this.#onceFor(`join ${conference.name}`, `join ${conference.name}`)
        await this.clock.sleep(this.dialOutcome.durationMs)
        return { status: 'completed' }
      },
      startRecording: async ({ recordingSid, track }) => {
        this.#onceFor(recordingSid, `start recording ${track}`)
      },
      refer: async ({ referId, target }) => {
        this.#onceFor(referId, `refer ${target}`)
        return { callStatus: 'completed', referStatus: 202, notifyStatus: 200 }
      },
    }
  }

  /** An effect that is the same for the same id. */
  #onceFor(id: string, effect: string): void {
    if (this.#tokens.has(id)) return
    this.#tokens.add(id)
    this.effects.push(effect)
  }

  #once(effect: string, isDone: () => boolean): void {
    if (isDone()) return
    this.effects.push(effect)
    if (effect === 'answer') this.answered = true
  }

  #collect(): DigitCollector {
    const fromMs = this.#sinceMs()
    const waiting = this.keys.filter((key) => key.atMs >= fromMs && !this.#taken.has(key))
    const until = (key: Key) => Math.max(0, key.atMs - this.#sinceMs())
    return {
      started: async (signal) => {
        const [first] = waiting
        await this.clock.sleep(first ? until(first) : 1e12, signal)
      },
      next: async (timeoutMs, signal) => {
        const [first] = waiting
        if (!first || until(first) > timeoutMs) {
          await this.clock.sleep(timeoutMs, signal)
          return undefined
        }
        waiting.shift()
        this.#taken.add(first)
        await this.clock.sleep(until(first), signal)
        return first.digit
      },
      close: () => {},
    }
  }

  async #record(options: RecordOptions, signal: AbortSignal): Promise<RecordOutcome> {
    const known = this.#recordings.get(options.recordingSid)
    if (known) return known
    this.effects.push('record')
    const startMs = this.#sinceMs()
    const until = AbortSignal.any([signal, options.finish])
    await this.clock.sleep(this.recordMs, until).catch(() => {})
    const outcome = {
      durationMs: this.recordMs === 0 ? 0 : this.#sinceMs() - startMs,
      url: `http://router/Recordings/${options.recordingSid}`,
    }
    this.#recordings.set(options.recordingSid, outcome)
    return outcome
  }

  async #dial(options: DialOptions): Promise<DialOutcome> {
    const childSid = options.parties[0]?.childSid ?? ''
    const known = this.#children.get(childSid)
    if (known) return known
    this.effects.push(`dial ${options.parties.map(({ address }) => address)}`)
    const outcome = { ...this.dialOutcome, childSid }
    this.#children.set(childSid, outcome)
    await this.clock.sleep(this.dialOutcome.durationMs)
    return outcome
  }
}
