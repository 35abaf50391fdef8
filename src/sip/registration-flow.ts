import type { Core, Timed } from './core.js'
import { targetOf } from './dialog.js'
import type { Flow } from './events.js'
import { parseNumber } from './grammar.js'
import type { ResponseEnvelope } from './inspect.js'
import { valuesOf } from './requested-bindings.js'

/** RFC 5626 §3.5.1; over UDP peers ignore it, and a NAT sees traffic. */
const ping = Buffer.from('\r\n\r\n', 'latin1')
/** Below the 30 s after which the hastiest of NATs forget a UDP mapping. */
const datagramMs = 25_000
/** RFC 5626 §4.4.1, where the peer names no Flow-Timer. */
const connectionMs = 120_000
const flowTimerMinS = 10
const flowTimerMaxS = 3_600

/** The flow that a registration came about over: calls to us come over it, so it is kept open. */
export class RegistrationFlow implements Timed {
  readonly connectionId: number | undefined
  readonly #core: Core
  readonly #flow: Flow
  readonly #intervalMs: number

  constructor(core: Core, flow: Flow, envelope: ResponseEnvelope) {
    this.connectionId = flow.connectionId
    this.#core = core
    this.#flow = flow
    this.#intervalMs = intervalMs(flow, envelope)
    this.#wait()
  }

  close(): void {
    this.#core.deadlines.delete(this)
  }

  timeout(): void {
    this.#core.send({ flow: this.#flow, target: targetOf(this.#flow) }, ping)
    this.#wait()
  }

  /** RFC 5626 §4.4.1: at a random time between 80 and 100 percent of the interval. */
  #wait(): void {
    const share = 0.8 + (0.2 * this.#core.config.ids.uint32()) / 2 ** 32
    this.#core.deadlines.set(this, this.#core.nowMs + this.#intervalMs * share)
  }
}

function intervalMs(flow: Flow, { response, via }: ResponseEnvelope): number {
  if (flow.connectionId !== undefined) {
    const [text = ''] = valuesOf(response.headers, 'Flow-Timer')
    const seconds = parseNumber(text.trim(), flowTimerMaxS)
    return seconds === undefined ? connectionMs : Math.max(flowTimerMinS, seconds) * 1000
  }
  const received = via.params.get('received') || via.host
  const port = via.params.get('rport') || String(via.port ?? 5060)
  const isBehindNat = received !== via.host || port !== String(via.port ?? 5060)
  return isBehindNat ? datagramMs : Number.POSITIVE_INFINITY
}
