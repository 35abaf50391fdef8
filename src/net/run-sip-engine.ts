import type { Clock } from '../base/clock.js'
import type { Machine } from '../base/machine.js'
import type { SocketOutput } from './sip-flow.js'

export interface EngineRun<Input> {
  /** Hands an input to the engine and carries out what follows. */
  handle(input: Input): void
  /** Stops the timer; later inputs do nothing. */
  stop(): void
}

export interface EngineHandlers<Output> {
  readonly onOutput: (output: Output) => void
  /** A fault of our own while one input was handled; without it the fault is thrown. */
  readonly onFault?: (fault: unknown) => void
}

const timerMaxMs = 0x7fff_ffff

/**
 * Drives a machine with the one timer that it needs. Outputs that the transport can carry out go there,
 * all others to `onOutput`; an input that arrives meanwhile waits for its turn.
 */
export function runSipEngine<Input, Output extends { readonly type: string }>(
  engine: Machine<Input | { readonly type: 'timeout' }, Output>,
  transport: { execute(output: SocketOutput): void },
  clock: Pick<Clock, 'monotonicMs'>,
  { onOutput, onFault }: EngineHandlers<Output>,
): EngineRun<Input> {
  const waiting: (Input | { readonly type: 'timeout' })[] = []
  let timer: NodeJS.Timeout | undefined
  let timerMs = Number.POSITIVE_INFINITY
  let running = false
  let stopped = false

  const handle = (input: Input | { readonly type: 'timeout' }): void => {
    if (stopped) return
    waiting.push(input)
    if (running) return
    running = true
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      try {
        step(next)
      } catch (fault) {
        if (onFault) onFault(fault)
        else queueMicrotask(() => raise(fault))
      }
    }
    running = false
    arm()
  }
  const step = (input: Input | { readonly type: 'timeout' }): void => {
    const out: Output[] = []
    engine.handle(input, clock.monotonicMs(), out)
    for (const output of out) {
      if (isSocketOutput(output)) transport.execute(output)
      else onOutput(output)
    }
  }
  const arm = (): void => {
    const { deadlineMs } = engine
    if (stopped || (timer && timerMs === deadlineMs)) return
    clearTimeout(timer)
    timer = undefined
    timerMs = deadlineMs
    if (deadlineMs === Number.POSITIVE_INFINITY) return
    const delayMs = Math.min(Math.max(0, Math.ceil(deadlineMs - clock.monotonicMs())), timerMaxMs)
    timer = setTimeout(() => {
      timer = undefined
      handle({ type: 'timeout' })
    }, delayMs)
  }
  return {
    handle,
    stop() {
      stopped = true
      clearTimeout(timer)
      timer = undefined
    },
  }
}

function isSocketOutput(output: { readonly type: string }): output is SocketOutput {
  return output.type === 'send' || output.type === 'disconnect'
}

function raise(fault: unknown): never {
  throw fault
}
